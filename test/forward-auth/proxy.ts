import Fastify, { type FastifyInstance, type InjectOptions, type LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, type Fastify2faOptions } from '../../src/index.js'
import type { TestSession } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

export const SECRET = 'a-secret-of-the-proxy-with-32-characters'
export const SHOP = 'http://localhost:8080'
export const PROXIES = ['nginx', 'traefik', 'envoy', 'envoy-rules'] as const
export type Proxy = typeof PROXIES[number]

export const OPTIONS: Fastify2faOptions = { forwardAuth: { origins: [SHOP, 'http://localhost:8081'], proxySecret: SECRET } }

/** An app with forward-auth, and what a test adds to the app. */
export async function buildWithProxy (test: Test, options: Fastify2faOptions = {}, add: (app: FastifyInstance) => void = () => {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  test.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, ...OPTIONS, ...options })
  add(app)
  await app.ready()
  return app
}

export interface Visit {
  method?: string
  origin?: string
  uri?: string
  /** As the operator wrote them. */
  rules?: string
  /** The visitor's own, and what the test changes of the proxy's. Undefined ones are not sent. */
  headers?: Record<string, string | string[] | undefined>
}

/** What each proxy sends to the service, by its documentation. */
export function questionOf (proxy: Proxy, { method = 'GET', origin = SHOP, uri = '/orders', rules = '', headers = {} }: Visit) {
  const { protocol, host } = new URL(origin)
  const common = { 'x-forward-auth-secret': SECRET }
  const query = rules === '' ? '' : `?${rules}`
  const scheme = protocol.slice(0, -1)
  const question = {
    nginx: { method: 'GET', url: `/verify/nginx${query}`, headers: { ...common, 'x-original-method': method, 'x-original-url': origin + uri } },
    traefik: { method: 'GET', url: `/verify/traefik${query}`, headers: { ...common, 'x-forwarded-method': method, 'x-forwarded-proto': scheme, 'x-forwarded-host': host, 'x-forwarded-uri': uri } },
    envoy: { method, url: `/verify/envoy${uri}`, headers: { ...common, 'x-forwarded-proto': scheme, host, ...(rules !== '' && { 'x-forward-auth-rules': rules }) } },
    'envoy-rules': { method, url: `/verify/envoy-rules/${rules}${uri}`, headers: { ...common, 'x-forwarded-proto': scheme, host } }
  }[proxy]
  const all: Record<string, string | string[] | undefined> = { ...question.headers, ...headers }
  return { ...question, headers: Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined)) }
}

/** What a browser, or an app with header tokens, sends of its session. */
export function credentials ({ cookies, tokens, transferMethod }: TestSession): Record<string, string> {
  if (transferMethod === 'header') return { authorization: `Bearer ${tokens.get('st-access-token')}` }
  return { cookie: [...cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ') }
}

/** Asks as a proxy, for a visitor with a session or without one. Frontends send `rid` with every request. */
export async function ask (app: FastifyInstance, proxy: Proxy, session: TestSession | undefined, visit: Visit = {}): Promise<LightMyRequestResponse> {
  const headers = { rid: 'anti-csrf', ...(session !== undefined && credentials(session)), ...visit.headers }
  return await app.inject(questionOf(proxy, { ...visit, headers }) as InjectOptions)
}

/** What a browser sends with a page that a person opens. */
export const NAVIGATION = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
