import t from 'tap'
import type { Fastify2faOptions } from '../../../src/index.js'
import { resolveOptions } from '../../../src/options/resolve.js'
import { relyingPartyOf } from '../../../src/second-factor/factors/passkey/relying-party.js'

const optionsFor = (websiteDomains: string[], passkeyRpId?: string): Fastify2faOptions =>
  ({ production: false, secondFactors: ['sms', 'passkey'], appInfo: { websiteDomains }, ...(passkeyRpId !== undefined && { passkeyRpId }) })

t.test('passkeys are made for the host of the website, or for a parent domain of all', async (t) => {
  const fitting: Array<[websites: string[], rpId: string | undefined, id: string]> = [
    [['http://localhost:3001'], undefined, 'localhost'],
    [['http://app.localhost:3001'], undefined, 'app.localhost'],
    [['https://www.example.com'], undefined, 'www.example.com'],
    [['https://www.example.com', 'https://www.example.com:8443'], undefined, 'www.example.com'],
    [['https://example.com', 'https://app.example.com'], undefined, 'example.com'],
    [['https://www.example.com', 'https://app.example.com'], 'example.com', 'example.com'],
    [['https://intranet'], undefined, 'intranet']
  ]
  for (const [websites, rpId, id] of fitting) {
    t.same(relyingPartyOf(resolveOptions(optionsFor(websites, rpId))), { id, origins: websites }, `${websites.join()} ${rpId ?? ''}`)
  }
})

t.test('a website on which they cannot work stops the boot, with what to do', async (t) => {
  const wrong: Array<[websites: string[], rpId: string | undefined, message: RegExp]> = [
    [['https://www.example.com', 'https://app.example.com'], undefined, /RP ID www\.example\.com is neither the host of https:\/\/app\.example\.com nor a parent/],
    [['https://example.com', 'https://example.org'], undefined, /name one that all websites share/],
    [['https://example.com'], 'evil.com', /neither the host/],
    [['https://notexample.com'], 'example.com', /neither the host/],
    [['https://example.com'], 'www.example.com', /neither the host/],
    [['https://example.com'], 'com', /must be a domain such as example\.com/],
    [['http://www.example.com'], undefined, /https:\/\/ only/],
    [['http://127.0.0.1:3001'], undefined, /use a name, such as localhost/],
    [['http://[::1]:3001'], undefined, /use a name/],
    ...['', 'Example.com', 'https://example.com', 'example.com:443', '.example.com', 'example..com', '127.0.0.1', 1, {}].map((rpId): [string[], string, RegExp] =>
      [['https://example.com'], rpId as string, /passkeyRpId must be a domain such as example\.com/])
  ]
  for (const [websites, rpId, message] of wrong) {
    t.throws(() => resolveOptions(optionsFor(websites, rpId)), { code: 'AUTH_OPTIONS_INVALID', message }, `${websites.join()} ${rpId ?? ''}`)
  }
  const { passkeyRpId: _rpId, ...apart } = optionsFor(['http://127.0.0.1:3001'])
  t.doesNotThrow(() => resolveOptions({ ...apart, secondFactors: ['sms'] }), 'which only apps with passkeys need')
  t.throws(() => resolveOptions(optionsFor(['nonsense'])), { message: /websiteDomains must be an http\(s\) URL/ })
})
