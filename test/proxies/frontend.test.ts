import { revokeAllSessionsForUser } from 'supertokens-node/recipe/session'
import SuperTokens from 'supertokens-web-js'
import Session from 'supertokens-web-js/recipe/session/index.js'
import t from 'tap'
import { advance, resetClock, signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { clientOf } from './client.js'
import { startNginx } from './nginx.js'
import { AUTH, SHOP, startService, startShop } from './stage.js'

t.teardown(resetClock)
const [{ app, port: auth }, { port: shop }] = [await startService(t), await startShop(t)]
const client = clientOf(await startNginx(t.testdir(), { auth, shop }))

const cookies = new Map<string, string>()
const calls: string[] = []

/** The browser's `fetch`, by the proxy. */
async function fetchByProxy (input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const request = new Request(input, init)
  const { hostname, pathname, search } = new URL(request.url)
  const { status, headers, body } = await client.ask({ host: hostname, method: request.method, path: pathname + search, headers: { 'sec-fetch-mode': 'cors', ...Object.fromEntries(request.headers) }, body: await request.text() })
  calls.push(`${request.method} ${hostname}${pathname} ${status}`)
  const flat = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]))
  return new Response(status === 204 ? null : body, { status, headers: flat })
}

/** As much of a browser as SuperTokens' frontend needs. */
const page = Object.assign(new EventTarget(), { fetch: fetchByProxy })
Object.assign(globalThis, { XMLHttpRequest: class {} })
const storage = { getItem: async () => null, setItem: async () => {}, removeItem: async () => {}, clear: async () => {}, key: async () => null, getItemSync: () => null, setItemSync () {}, removeItemSync () {}, clearSync () {}, keySync: () => null }

/** One renewal at a time, as between the tabs of a browser. */
const waiting: Array<() => void> = []
let isLocked = false
const lock = {
  async acquireLock () {
    if (isLocked) await new Promise<void>((resolve) => { waiting.push(resolve) })
    isLocked = true
    return true
  },
  async releaseLock () {
    const next = waiting.shift()
    if (next === undefined) isLocked = false
    else next()
  }
}

SuperTokens.init({
  appInfo: { appName: 'Shop', apiDomain: AUTH, apiBasePath: '/auth' },
  cookieHandler: (original) => ({
    ...original,
    getCookie: async () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    async setCookie (text) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)!
      if (/expires=Thu, 01 Jan 1970/.test(text)) cookies.delete(name!)
      else cookies.set(name!, value!)
    }
  }),
  windowHandler: (original) => ({
    ...original,
    getWindowUnsafe: () => page as never,
    getDocument: () => ({ hidden: false }) as never,
    localStorage: storage,
    sessionStorage: storage,
    location: { ...original.location, getOrigin: () => SHOP, getHostName: () => 'shop.example.com', getHost: () => 'shop.example.com', getHref: () => SHOP, getSearch: () => '', getHash: () => '', getPathName: () => '/' }
  }),
  recipeList: [Session.init({ tokenTransferMethod: 'header', sessionTokenBackendDomain: '.example.com', lockFactory: async () => lock })]
})

async function post (path: string, body: object): Promise<Record<string, unknown>> {
  const response = await page.fetch(`${AUTH}/auth${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return await response.json() as Record<string, unknown>
}

async function signIn ({ email, password, phoneNumber }: SignedInUser): Promise<void> {
  await post('/signin', { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
  const { deviceId, preAuthSessionId } = await post('/signinup/code', { phoneNumber })
  await app.twoFactor.delivered()
  const answer = await post('/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(phoneNumber)!.code })
  if (answer.status !== 'OK') throw new Error(JSON.stringify(answer))
}

/** What goes over the wire for one request of the page. */
async function callsOf (init: RequestInit = {}): Promise<string[]> {
  calls.length = 0
  await page.fetch(`${SHOP}/orders`, init)
  return [...calls]
}

t.test('SuperTokens\' frontend renews a token that has expired, once, and repeats its request', async (t) => {
  const user = await signInWithSecondFactor(app)
  await signIn(user)
  t.same(await callsOf(), ['GET shop.example.com/orders 200'])
  for (const method of ['GET', 'POST']) {
    advance('61m')
    t.same(await callsOf({ method }), [`${method} shop.example.com/orders 401`, 'POST auth.example.com/auth/session/refresh 200', `${method} shop.example.com/orders 200`])
  }
  // Several at once, as a page sends them.
  advance('61m')
  calls.length = 0
  const statuses = await Promise.all(['/1', '/2', '/3'].map(async (path) => (await page.fetch(SHOP + path)).status))
  t.same(statuses, [200, 200, 200])
  t.equal(calls.filter((call) => call.includes('/session/refresh')).length, 1)
})

t.test('a session that has ended ends there: nothing goes round in circles', async (t) => {
  const user = await signInWithSecondFactor(app)
  await signIn(user)
  advance('61m')
  await revokeAllSessionsForUser(user.userId)
  t.same(await callsOf(), ['GET shop.example.com/orders 401', 'POST auth.example.com/auth/session/refresh 401'])
  t.same(await callsOf(), ['GET shop.example.com/orders 401'])
  t.notOk(await Session.doesSessionExist())
})
