import t from 'tap'
import { forwardAuthProblems, type ForwardAuthOptions } from '../../src/forward-auth/options.js'
import { createProxyCheck, createProxyTrust } from '../../src/forward-auth/proxy-trust.js'
import { resolveOptions } from '../../src/options/resolve.js'

const SECRET = 's'.repeat(32)
const AUTH = { apiDomain: 'https://auth.example.com', cookieDomain: undefined, usesCookies: true }
const GOOD: ForwardAuthOptions = { origins: ['https://auth.example.com'], proxySecret: SECRET }

const problems = (options: object, reach = AUTH): string => forwardAuthProblems({ ...GOOD, ...options }, reach).join('\n')

t.test('what is wrong with the options stops the boot', (t) => {
  t.equal(problems({}), '')
  t.equal(problems({ proxySecret: [SECRET, `${SECRET}x`], proxies: ['10.0.0.0/8', 'loopback', '::1', 'fd00::/8'], path: '/ask/proxy', signInPage: 'https://example.com/in' }), '')
  const wrong: Array<[object, RegExp]> = [
    [{ origins: [] }, /at least one origin/],
    [{ origins: 'https://auth.example.com' }, /at least one origin/],
    [{ origins: ['auth.example.com'] }, /must be an origin/],
    [{ origins: ['https://auth.example.com/'] }, /must be an origin/],
    [{ origins: ['https://*'] }, /must be an origin/],
    [{ proxySecret: undefined }, /only the proxy may ask/],
    [{ proxySecret: [] }, /only the proxy may ask/],
    [{ proxySecret: 'short' }, /at least 32/],
    [{ proxySecret: [SECRET, `${SECRET},x`] }, /at least 32/],
    [{ proxySecret: 5 }, /at least 32/],
    [{ proxies: [] }, /list of addresses/],
    [{ proxies: 'loopback' }, /list of addresses/],
    [{ proxies: ['10.0.0.0/33'] }, /10\.0\.0\.0\/33 is not an address/],
    [{ proxies: ['proxy.internal'] }, /is not an address/],
    [{ path: '/' }, /path such as/],
    [{ path: 'verify' }, /path such as/],
    [{ path: '/:id' }, /path such as/],
    [{ signInPage: 'javascript:alert(1)' }, /http\(s\) address/],
    [{ secret: SECRET }, /forwardAuth\.secret is unknown/]
  ]
  for (const [options, message] of wrong) {
    t.match(problems(options), message, JSON.stringify(options))
    t.notMatch(problems(options), SECRET)
  }
  t.match(forwardAuthProblems(true as never, AUTH), [/must be an object/])
  t.throws(() => resolveOptions({ forwardAuth: { ...GOOD, proxySecret: 'short' } }), { code: 'AUTH_OPTIONS_INVALID', message: /forwardAuth\.proxySecret/ })
  t.end()
})

t.test('services that the session\'s cookies do not reach stop the boot', (t) => {
  const reached = (origin: string, reach: Partial<typeof AUTH> | { cookieDomain: string }) => problems({ origins: [origin] }, { ...AUTH, ...reach } as never) === ''
  t.ok(reached('https://auth.example.com', {}))
  t.ok(reached('https://auth.example.com:8443', {}), 'cookies know no ports')
  t.notOk(reached('https://shop.example.com', {}))
  t.notOk(reached('https://*.auth.example.com', {}))
  t.ok(reached('https://shop.example.com', { cookieDomain: 'example.com' }))
  t.ok(reached('https://*.apps.example.com', { cookieDomain: '.Example.com' }))
  t.ok(reached('https://*.example.com', { cookieDomain: 'example.com' }))
  t.notOk(reached('https://shop.notexample.com', { cookieDomain: 'example.com' }))
  t.notOk(reached('https://*.example.com', { cookieDomain: 'auth.example.com' }))
  t.ok(reached('https://shop.example.org', { usesCookies: false }), 'tokens in headers go anywhere')
  t.ok(reached('https://shop.example.org', { apiDomain: 'nonsense' }), 'a problem of its own')
  t.end()
})

t.test('proxies are known by the address of their connection', (t) => {
  const isProxy = createProxyTrust(['loopback', 'uniquelocal', '192.0.2.7', '2001:db8::/32'])
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '192.168.1.1', 'fd12::1', '192.0.2.7', '::ffff:192.0.2.7', '2001:db8:1::9']) t.ok(isProxy(address), address)
  for (const address of [undefined, '', 'x', '128.0.0.1', '192.0.2.8', '::ffff:192.0.2.8', '2001:db9::1', '11.0.0.1', '::']) t.notOk(isProxy(address), String(address))

  const from = (remoteAddress: string | undefined, secret?: string | string[]) => ({ socket: { remoteAddress }, headers: { ...(secret && { 'x-forward-auth-secret': secret }), 'x-forwarded-for': '127.0.0.1' } }) as never
  const both = createProxyCheck({ proxySecrets: [SECRET, 'o'.repeat(32)], proxies: ['10.0.0.0/8'] })
  t.ok(both(from('10.0.0.1', SECRET)))
  t.ok(both(from('10.0.0.1', 'o'.repeat(32))), 'the old one, while it is rotated')
  t.notOk(both(from('11.0.0.1', SECRET)))
  t.notOk(both(from('10.0.0.1', 'x'.repeat(32))))
  t.notOk(both(from('10.0.0.1')))
  const byAddress = createProxyCheck({ proxySecrets: [], proxies: ['10.0.0.0/8'] })
  t.ok(byAddress(from('10.0.0.1')))
  t.notOk(byAddress(from('127.0.0.1')))
  t.ok(createProxyCheck({ proxySecrets: [SECRET], proxies: undefined })(from(undefined, SECRET)), 'by a Unix socket')
  t.notOk(createProxyCheck({ proxySecrets: [], proxies: undefined })(from('127.0.0.1')))
  t.end()
})
