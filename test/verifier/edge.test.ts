import { webcrypto } from 'node:crypto'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import t from 'tap'
import type { createVerifier, toResponse, VerifierOptions } from '../../src/verifier/index.js'
import type { require2FA } from '../../src/verifier/next.js'
import { pathTo } from '../root.js'
import { mint, newKey } from '../session/scripted-core.js'
import { accessToken, jwksOf } from './service.js'

interface Bundle {
  createVerifier: typeof createVerifier
  toResponse: typeof toResponse
  require2FA: typeof require2FA
}

/** The verifier as Next bundles it for its edge: one script, with the files that packages have for there. */
async function bundle (): Promise<string> {
  const { outputFiles: [output] } = await build({
    stdin: { contents: 'export * from "./verifier/index.js"; export { require2FA } from "./verifier/next.js"', resolveDir: pathTo('dist/src') },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'verifier',
    platform: 'browser',
    conditions: ['edge-light', 'worker', 'browser'],
    // Whatever is Node's is an error of the bundler's.
    logLevel: 'error'
  })
  return output!.text
}

/** What an edge has (WinterTC's minimum common API), and nothing of Node's: no require, no process, no Buffer. */
function edge () {
  return createContext({
    crypto: webcrypto, CryptoKey: Reflect.get(globalThis, 'CryptoKey'), TextDecoder, TextEncoder, URL, Headers, Request, Response, AbortSignal, atob, btoa, setTimeout, Uint8Array, WeakMap
  })
}

t.test('runs where there is nothing of Node\'s', async (t) => {
  const key = newKey('d-1')
  const context = edge()
  runInContext(await bundle(), context)
  const { createVerifier, require2FA } = runInContext('verifier', context) as Bundle
  t.equal(runInContext('typeof process + typeof Buffer + typeof require', context), 'undefinedundefinedundefined')

  const options: VerifierOptions = {
    serviceUrl: 'https://auth.example.com',
    antiCsrf: 'VIA_CUSTOM_HEADER',
    fetch: async () => new Response(JSON.stringify(jwksOf(key)))
  }
  const verifier = createVerifier(options)
  const middleware = require2FA(verifier, { maxAge: '5m' })
  const ask = async (headers: Record<string, string>, method = 'GET') => await middleware(new Request('https://api.example.com/', { headers, method }))

  const token = accessToken(key)
  t.equal(await ask({ authorization: `Bearer ${token}` }), undefined)
  t.equal(await ask({ cookie: `theme=dark; sAccessToken=${token}` }), undefined)
  t.equal(await ask({ cookie: `theme=dark; sAccessToken=${token}` }), undefined, 'and once more, from the cache')
  const decision = await verifier.verifyRequest({ method: 'GET', headers: new Headers({ authorization: `Bearer ${token}` }) })
  t.match(decision, { admitted: true, session: { userId: 'alice', tenantId: 'public', handle: 'session-of-alice' } })

  const refusals: [string, number, Record<string, string>, string?][] = [
    ['nothing', 401, {}],
    ['text', 401, { authorization: 'Bearer a.b.c' }],
    ['another key', 401, { authorization: `Bearer ${accessToken(newKey('d-1'))}` }],
    ['an unknown key', 401, { authorization: `Bearer ${accessToken(newKey('d-2'))}` }],
    ['no algorithm', 401, { authorization: `Bearer ${mint(key, {}, { alg: 'none' }).split('.')[0]}.${token.split('.')[1]}.` }],
    ['the first factor alone', 403, { authorization: `Bearer ${accessToken(key, { '2fa-completed': { v: false, t: Date.now() } })}` }],
    ['a second factor of yesterday', 403, { authorization: `Bearer ${accessToken(key, { '2fa-completed': { v: true, t: Date.now() - 86_400_000 } })}` }],
    ['a form of another website', 401, { cookie: `sAccessToken=${token}` }, 'POST']
  ]
  for (const [what, status, headers, method] of refusals) {
    const response = await ask(headers, method)
    t.equal(response?.status, status, what)
    t.match(response?.headers.get('content-type'), /^application\/json/)
    t.ok(await response?.json())
  }
})
