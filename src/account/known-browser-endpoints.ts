import type { FactorEndpoint } from '../second-factor/factor.js'
import { newName, plainName } from '../second-factor/factors/totp/names.js'
import { object, text } from '../second-factor/schemas.js'
import { browserKeySchema, signatureSchema, type BrowserKey } from './known-browser-key.js'
import type { KnownBrowsers, Signature } from './known-browsers.js'

const signed = { signature: signatureSchema, origin: text(256) }

/** Served where `knownBrowsers` is on (`docs/known-browsers.md`). */
export function knownBrowserEndpoints (browsers: KnownBrowsers): FactorEndpoint[] {
  return [
    {
      method: 'POST',
      path: '/account/browsers/challenge',
      body: object({}),
      handle: (_login, call) => browsers.challenge(call)
    },
    {
      method: 'POST',
      path: '/account/browsers',
      body: object({ publicKey: browserKeySchema, name: newName, ...signed }, ['publicKey', 'signature', 'origin']),
      handle: (_login, call, { publicKey, name, ...given }) =>
        browsers.register(call, given as unknown as Signature, publicKey as BrowserKey, typeof name === 'string' ? plainName(name) : undefined)
    },
    {
      method: 'POST',
      path: '/account/browsers/proof',
      body: object({ id: text(64), ...signed }, ['id', 'signature', 'origin']),
      handle: (_login, call, { id, ...given }) => browsers.prove(call, id as string, given as unknown as Signature)
    },
    {
      method: 'GET',
      path: '/account/browsers',
      handle: async (_login, call) => ({ status: 'OK', browsers: await browsers.list(call) })
    },
    {
      method: 'POST',
      path: '/account/browsers/end',
      body: object({ id: text(64) }, ['id']),
      handle: async (_login, call, { id }) => ({ status: 'OK', didBrowserExist: await browsers.forget(call, id as string) })
    }
  ]
}
