import { performance } from 'node:perf_hooks'
import t from 'tap'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { answer, interceptCore } from '../intercept-core.js'
import { isRefused } from '../refused.js'

const CODE = '/auth/signinup/code'

/** Ends the pause in which a Core that was down is not asked. */
function endPause (): void {
  const { now } = performance
  performance.now = () => now.call(performance) + PAUSE_SECONDS * 1000
  t.teardown(() => { performance.now = now })
}

const post = ({ session }: SignedInUser, url: string, payload: object) => session.inject({ method: 'POST', url, payload })

t.test('a Core that is down is 503, except where the page asks by itself and would be blank', async (t) => {
  const app = await build(t)
  for (const transferMethod of ['cookie', 'header'] as const) {
    const user = await signUp(app, { transferMethod })
    const challenge = await requestCode(app, user)
    await t.test(transferMethod, async (t) => {
      const restore = await interceptCore(async () => { throw new TypeError('fetch failed') })
      t.teardown(() => {
        restore()
        endPause()
      })
      const asked = await post(user, CODE, { phoneNumber: user.phoneNumber })
      isRefused(t, asked, 'AUTH_CORE_UNAVAILABLE')
      t.match(asked.headers['retry-after'], /^[1-9]/)
      const others: [string, object][] = [
        [`${CODE}/resend`, challenge], [`${CODE}/consume`, challenge],
        ['/auth/signin', { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: user.password }] }]
      ]
      for (const [url, payload] of others) {
        const response = await post(user, url, payload)
        t.match({ statusCode: response.statusCode, ...response.json() }, { statusCode: 503, code: 'AUTH_CORE_UNAVAILABLE' }, url)
        t.match(response.headers['retry-after'], /^[1-9]/, url)
      }
    })
  }
})

t.test('an error of the service says nothing of its cause, and the page is not blank either', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  t.teardown(await interceptCore(async () => answer(500, 'the secret of the Core')))
  const asked = await post(user, CODE, { phoneNumber: user.phoneNumber })
  isRefused(t, asked, 'AUTH_INTERNAL')
  t.notMatch(asked.body, 'secret')
})

t.test('what no page asks for keeps its HTTP status', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const statusOf = async (request: object): Promise<number> => (await user.session.inject(request)).statusCode
  t.equal(await statusOf({ method: 'POST', url: '/auth/nothing', payload: {} }), 404)
  t.equal(await statusOf({ method: 'POST', url: CODE, headers: { 'content-type': 'text/plain' }, payload: '{}' }), 415)
  t.equal(await statusOf({ method: 'POST', url: CODE, payload: { phoneNumber: 'x'.repeat(70_000) } }), 413)
  t.equal(await statusOf({ method: 'POST', url: '/auth/session/refresh', payload: [] }), 400, 'a 200 would be a refresh')
})

t.test('frontends act on 401 as ever', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const other = await signIn(app, alice)
  await post(other, '/auth/signout', {})
  for (const url of [CODE, `${CODE}/resend`, `${CODE}/consume`]) {
    const response = await app.inject({ method: 'POST', url, payload: { phoneNumber: alice.phoneNumber, deviceId: 'x', preAuthSessionId: 'x', userInputCode: '123456' } })
    t.equal(response.statusCode, 401, url)
    t.same(response.json(), { message: 'unauthorised' })
  }
})

t.test('a refusal keeps the code for programs, whatever was wrong', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  const wrong: [url: string, payload: object, code: string][] = [
    [CODE, { phoneNumber: 1 }, 'AUTH_BODY_INVALID'],
    [CODE, { phoneNumber: '1'.repeat(257) }, 'AUTH_INPUT_TOO_LONG'],
    [CODE, { email: 'alice@example.com' }, 'AUTH_BODY_INVALID'],
    [CODE, { phoneNumber: 'x\u0000' }, 'AUTH_BODY_INVALID'],
    [CODE, [], 'AUTH_BODY_INVALID'],
    ['/auth/elsewhere/signinup/code', { phoneNumber: user.phoneNumber }, 'AUTH_TENANT_UNKNOWN'],
    [`${CODE}/resend`, {}, 'AUTH_BODY_INVALID'],
    [`${CODE}/consume`, { linkCode: 'x', preAuthSessionId: 'x' }, 'AUTH_LINK_CODE_REFUSED'],
    ['/auth/signin', {}, 'AUTH_BODY_INVALID'],
    ['/auth/signup', { formFields: 'x' }, 'AUTH_BODY_INVALID'],
    ['/auth/user/password/reset', { token: 7 }, 'AUTH_BODY_INVALID']
  ]
  for (const [url, payload, code] of wrong) isRefused(t, await post(user, url, payload), code, `${url} ${JSON.stringify(payload).slice(0, 40)}`)
  t.same(app.twoFactor.outbox.entries(), [], 'nothing is sent')
})
