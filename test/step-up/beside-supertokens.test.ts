import Fastify from 'fastify'
import sdk from 'supertokens-web-js/lib/build/index.js'
import recipe from 'supertokens-web-js/lib/build/recipe/session/index.js'
import t from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { stepUp, type Fetch } from '../../src/step-up/index.js'
import { advance, newPhoneNumber, resetClock } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { fetchOf, type Sent } from './inject-fetch.js'

const ORIGIN = 'http://localhost:3000'

/** As much of a browser as SuperTokens' interceptors touch. */
function browser () {
  const cookies = new Map<string, string>()
  const document = {
    get cookie () { return [...cookies].map((pair) => pair.join('=')).join('; ') },
    set cookie (cookie: string) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (value === '' || cookie.includes('1970')) cookies.delete(name!)
      else cookies.set(name!, value!)
    }
  }
  const items = new Map<string, string>()
  const localStorage = { getItem: (key: string) => items.get(key) ?? null, setItem: (key: string, value: string) => { items.set(key, value) }, removeItem: (key: string) => { items.delete(key) } }
  return { document, localStorage, sessionStorage: localStorage, location: new URL(ORIGIN), XMLHttpRequest: class {} }
}

t.test('with SuperTokens\' interceptors below it: an expired token is refreshed, then the factor is asked for', async (t) => {
  t.teardown(() => { resetClock() })
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] } })
  app.post('/payout', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, async ({ body }) => body)
  await app.ready()

  const sent: Sent[] = []
  const page = browser()
  const names = [...Object.keys(page), 'window', 'fetch'] as const
  const before = Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]))
  t.teardown(() => {
    for (const name of names) {
      if (before[name] === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, before[name])
    }
  })
  Object.defineProperties(globalThis, Object.fromEntries(Object.entries({ ...page, window: globalThis, fetch: fetchOf(app, sent) }).map(([name, value]) => [name, { value, configurable: true, writable: true }])))
  sdk.default.init({ appInfo: { appName: 'Shop', apiDomain: ORIGIN }, recipeList: [recipe.default.init({ tokenTransferMethod: 'header' })] })

  const phoneNumber = newPhoneNumber()
  async function post (fetch: Fetch, path: string, body: object) {
    const response = await fetch(ORIGIN + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    return { status: response.status, body: await response.json() as { status?: string } }
  }
  async function pass (fetch: Fetch): Promise<boolean> {
    const { body: challenge } = await post(fetch, '/auth/signinup/code', { phoneNumber })
    const { body } = await post(fetch, '/auth/signinup/code/consume', { ...challenge, userInputCode: app.twoFactor.outbox.last(phoneNumber)?.code })
    return body.status === 'OK'
  }
  await post(globalThis.fetch, '/auth/signup', { formFields: [{ id: 'email', value: 'alice@example.com' }, { id: 'password', value: 'correct horse 1' }] })
  await pass(globalThis.fetch)
  advance('66m')
  sent.length = 0

  let asked = 0
  const fetch = stepUp(globalThis.fetch, {
    async ask ({ reason }, plain) {
      asked++
      return reason === 'expired' && await pass(plain)
    }
  })
  t.strictSame(await post(fetch, '/payout', { amount: 5 }), { status: 200, body: { amount: 5 } })
  t.strictSame(sent.map(({ path }) => path), ['/payout', '/auth/session/refresh', '/payout', '/auth/signinup/code', '/auth/signinup/code/consume', '/payout'])
  t.equal(asked, 1)
})
