import t from 'tap'
import { dropNulls } from '../../routes/auth/nulls.js'
import { createTestSession, newPhoneNumber, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { isRefused } from '../refused.js'

const form = (...fields: [string, string][]) => fields.map(([id, value]) => ({ id, value }))

/** Bodies that change nothing, with every field that the endpoint reads. */
const BODIES: Record<string, object> = {
  '/signup': { formFields: form(['email', 'nobody'], ['password', 'short']), shouldTryLinkingWithSessionUser: false },
  '/signin': { formFields: form(['email', 'nobody'], ['password', 'wrong horse 1']), shouldTryLinkingWithSessionUser: false },
  '/user/password/reset/token': { formFields: form(['email', 'nobody@example.com']) },
  '/user/password/reset': { method: 'token', token: 'x', formFields: form(['password', 'correct horse 1']) },
  '/user/email/verify': { method: 'token', token: 'x' },
  '/signinup': { thirdPartyId: 'x', clientType: 'x', redirectURIInfo: { redirectURIOnProviderDashboard: 'x', redirectURIQueryParams: { code: 'x' }, pkceCodeVerifier: 'x' }, oAuthTokens: { access_token: 'x', id_token: 'x' } },
  '/signinup/code': { phoneNumber: 'x', email: 'x' },
  '/signinup/code/resend': { deviceId: 'a', preAuthSessionId: 'b' },
  '/signinup/code/consume': { deviceId: 'a', preAuthSessionId: 'b', userInputCode: '1', linkCode: 'x' }
}

type Path = (string | number)[]

const pathsOf = (value: unknown, path: Path = []): Path[] =>
  typeof value !== 'object' || value === null ? [] : Object.entries(value).flatMap(([key, member]) => [[...path, key], ...pathsOf(member, [...path, key])])

/** The body with one field changed. */
function changed (body: object, path: Path, change: (parent: Record<string, unknown>, key: string) => void): object {
  const copy = structuredClone(body)
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, copy as Record<string, unknown>)
  change(parent, String(path.at(-1)))
  return copy
}

t.test('a field that is null is a field that is absent, on every endpoint', async (t) => {
  const app = await build(t)
  const { session } = await signUp(app)
  for (const [path, body] of Object.entries(BODIES)) {
    for (const field of pathsOf(body).filter((one) => Number.isNaN(Number(one.at(-1))))) {
      const ask = async (payload: object) => {
        const response = await session.inject({ method: 'POST', url: `/auth${path}`, payload })
        return { status: response.statusCode, body: response.json() }
      }
      const absent = await ask(changed(body, field, (parent, key) => { delete parent[key] }))
      const asNull = await ask(changed(body, field, (parent, key) => { parent[key] = null }))
      t.same(asNull, absent, `${path} ${field.join('.')}`)
    }
  }
})

t.test('createCode({}) of web-js asks for the pinned number, and for none where none is pinned', async (t) => {
  const app = await build(t)
  const fresh = await signUp(app)
  const none = await fresh.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: null } })
  t.same(none.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: 'Phone number is invalid', reason: 'Phone number is invalid' })
  const phoneNumber = newPhoneNumber()
  t.match((await fresh.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber, email: null } })).json(), { status: 'OK' })

  const user = await signInWithSecondFactor(app)
  const { session } = await signIn(app, user)
  t.match((await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: null } })).json(), { status: 'OK' })
  t.equal(app.twoFactor.outbox.last()?.to, user.phoneNumber)
})

t.test('null switches no check off', async (t) => {
  const app = await build(t)
  const client = createTestSession(app)
  for (const payload of [null, { formFields: null }, { formFields: [null] }, { formFields: [{ id: null, value: 'a@example.com' }, { id: 'password', value: 'correct horse 1' }] }]) {
    const response = await client.inject({ method: 'POST', url: '/auth/signup', headers: { 'content-type': 'application/json' }, payload: JSON.stringify(payload) })
    isRefused(t, response, 'AUTH_BODY_INVALID', JSON.stringify(payload))
    t.notMatch(response.body, 'null')
  }
  const noPassword = await client.inject({ method: 'POST', url: '/auth/signup', payload: { formFields: [{ id: 'email', value: 'null@example.com' }, { id: 'password', value: null }] } })
  t.not(noPassword.json().status, 'OK')
})

t.test('lists keep their length, and what is deeper than the interface is left alone', async (t) => {
  t.same(dropNulls({ a: null, b: [null, { c: null }] }), { b: [null, {}] })
  t.same(dropNulls({ a: { b: { c: { d: { e: null } } } } }), { a: { b: { c: { d: { e: null } } } } })
  t.same(dropNulls(JSON.parse('{"__proto__":null,"a":1}')), { a: 1 })
  t.equal(dropNulls(null), null)
  let deep: unknown = null
  for (let i = 0; i < 100_000; i++) deep = [deep]
  t.equal(dropNulls(deep), deep)
})
