import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, require2FA, type Fastify2faOptions } from '../../../src/index.js'
import type { SignedInUser } from '../../../src/testing/index.js'
import { openBrowser, type Browser } from '../../browser.js'
import { testCore } from '../../helper.js'

const ORIGIN = 'https://api.a.example.com'
export const REFRESH = '/api/auth/session/refresh'
/** What the service sets without a `cookieDomain`. */
export const HOST_ONLY = ['sAccessToken@api.a.example.com/', `sRefreshToken@api.a.example.com${REFRESH}`]

export async function build (t: Test, options: Fastify2faOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, {
    ...(await testCore()).options,
    ...options,
    appInfo: { apiDomain: ORIGIN, websiteDomains: ['https://www.example.com'], apiBasePath: '/api/auth' }
  })
  app.get('/orders', { preHandler: require2FA }, async ({ session }) => ({ user: session!.getUserId() }))
  await app.ready()
  return app
}

/** Puts a session's cookies into a browser, as another `cookieDomain` or a sibling's page would. */
export async function plant ({ jar }: Browser, { cookies }: SignedInUser['session'], domain: string | undefined, paths = { sAccessToken: '/', sRefreshToken: REFRESH }): Promise<void> {
  const attribute = domain === undefined ? '' : `; Domain=${domain}`
  for (const [name, path] of Object.entries(paths)) {
    await jar.setCookie(`${name}=${encodeURIComponent(cookies.get(name) ?? '')}; Path=${path}${attribute}; Secure`, `${ORIGIN}${path}`)
  }
}

/** A browser in which this person has signed in. */
export async function browserOf (app: FastifyInstance, user: SignedInUser, domain?: string): Promise<Browser> {
  const browser = openBrowser(app, { origin: ORIGIN })
  await plant(browser, user.session, domain)
  return browser
}

/** What a stock frontend does: at a 401 it refreshes and asks again, at most ten times. Fails where another person's account answers. */
export async function whoIs (t: Test, { request }: Browser, userId: string): Promise<'in' | 'signed out'> {
  for (let i = 0; i < 10; i++) {
    const response = await request('GET', '/orders')
    if (response.statusCode === 200) {
      t.equal(response.json().user, userId)
      return 'in'
    }
    t.equal(response.statusCode, 401)
    const refreshed = await request('POST', REFRESH, {})
    if (refreshed.statusCode === 401) return 'signed out'
    t.equal(refreshed.statusCode, 200)
  }
  return t.fail('a loop') as never
}

export async function signInAgain (browser: Browser, { email, password }: SignedInUser) {
  return await browser.request('POST', '/api/auth/signin', { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
}
