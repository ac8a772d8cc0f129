import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { createClient, ClientError, type Client } from '../../src/client/index.js'
import { newPhoneNumber, signIn, signInWithSecondFactor, type TestSession } from '../../src/testing/index.js'
import { codeTo } from '../account/change.js'
import { build } from '../helper.js'
import { EVERYTHING } from '../openapi/everything.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'

/** `fetch` of a page that has this session. */
function clientOf (session: TestSession): Client {
  return createClient({
    url: 'http://localhost:3000/auth/',
    headers: { 'accept-language': 'de' },
    async fetch (url, { method, headers, body } = {}) {
      const { statusCode, body: text, headers: received } = await session.inject({
        method: method as 'GET', url: new URL(url as string).pathname, headers: headers as Record<string, string>, ...(body != null && { payload: body as string })
      })
      return new Response(text, { status: statusCode, headers: { 'content-type': String(received['content-type']) } })
    }
  })
}

const { hostedPages: _pages, admin: _admin, ...options } = EVERYTHING

async function owner (app: FastifyInstance) {
  const alice = await signInWithSecondFactor(app)
  return { alice, client: clientOf(alice.session) }
}

t.test('an owner changes the password, and sees what is wrong with a field', async (t) => {
  const app = await build(t, options)
  const { alice, client } = await owner(app)
  const short = await client.post('/account/password', { oldPassword: alice.password, newPassword: 'short' })
  t.equal(short.status, 'FIELD_ERROR')
  if (short.status === 'FIELD_ERROR') t.match(short.formFields, [{ id: 'newPassword', error: /Zeichen/ }])
  t.match(await client.post('/account/password', { oldPassword: 'not mine 1', newPassword: 'wombat lantern 2' }), { status: 'WRONG_CREDENTIALS_ERROR', message: String })
  t.strictSame(await client.post('/account/password', { oldPassword: alice.password, newPassword: 'wombat lantern 2' }), { status: 'OK' })
})

t.test('an owner sees and ends sessions', async (t) => {
  const app = await build(t, options)
  const { alice, client } = await owner(app)
  await signIn(app, alice)
  const listed = await client.get('/account/sessions')
  if (listed.status !== 'OK') throw new Error(listed.message)
  t.equal(listed.total, 2)
  const [own, other] = listed.sessions
  t.match([own?.isCurrent, own?.passed[0]?.factor, other?.isCurrent], [true, 'otp-phone', false])
  t.strictSame(await client.post('/account/sessions/end', { id: other!.id }), { status: 'OK', didSessionExist: true })
  t.strictSame(await client.post('/account/sessions/end', { others: true }), { status: 'OK' })
})

t.test('an owner changes the phone', async (t) => {
  const app = await build(t, options)
  const { client } = await owner(app)
  const phoneNumber = newPhoneNumber()
  const sent = await client.post('/account/phone', { phoneNumber })
  if (sent.status !== 'OK') throw new Error(sent.message)
  const { deviceId, preAuthSessionId } = sent
  const code = codeTo(app, phoneNumber)
  const wrong = await client.post('/account/phone/verify', { deviceId, preAuthSessionId, userInputCode: code === '111111' ? '222222' : '111111' })
  t.equal(wrong.status, 'INCORRECT_USER_INPUT_CODE_ERROR')
  t.strictSame(await client.post('/account/phone/verify', { deviceId, preAuthSessionId, userInputCode: code }), { status: 'OK' })
})

t.test('an owner adds, renames and removes a passkey, and makes recovery codes', async (t) => {
  const app = await build(t, options)
  const { client } = await owner(app)
  const asked = await client.post('/passkey/register/options', { name: 'Phone' })
  if (asked.status !== 'OK') throw new Error(asked.message)
  const registered = await client.post('/passkey/register', { credential: createAuthenticator().create(asked.options as never) })
  if (registered.status !== 'OK') throw new Error(registered.status)
  const id = registered.id!
  t.strictSame(await client.post('/passkey/rename', { id, name: 'Key' }), { status: 'OK' })
  const listed = await client.get('/passkey/list')
  t.match(listed, { status: 'OK', passkeys: [{ id, name: 'Key', createdAt: Number }] })
  t.strictSame(await client.post('/passkey/rename', { id: 'none', name: 'Key' }), { status: 'UNKNOWN_PASSKEY_ERROR' })
  t.strictSame(await client.post('/passkey/remove', { id }), { status: 'OK' })
  const made = await client.post('/recovery-codes')
  t.equal(made.status === 'OK' && made.recoveryCodes.length, 10)
  t.strictSame(await client.get('/recovery-codes'), { status: 'OK', left: 10, acknowledged: false })
  t.strictSame(await client.post('/recovery-codes/acknowledge'), { status: 'OK', left: 10, acknowledged: true })
})

t.test('what is no answer of an endpoint is an error with its status and code', async (t) => {
  const app = await build(t, options)
  const { alice, client } = await owner(app)
  const half = clientOf((await signIn(app, alice)).session)
  const refusal = async (work: Promise<unknown>): Promise<ClientError> => {
    try {
      await work
    } catch (err) {
      if (err instanceof ClientError) return err
    }
    throw new Error('no ClientError')
  }
  const forbidden = await refusal(half.get('/account/sessions'))
  t.equal(forbidden.statusCode, 403)
  t.match(forbidden.message, /claim/)
  await client.post('/account/sessions/end', { others: true })
  t.match(await refusal(half.get('/account/recovery')), { statusCode: 401, message: 'unauthorised' })
  const page = createClient({ url: 'http://localhost/auth', fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }) })
  t.match(await refusal(page.get('/account/sessions')), { statusCode: 502, message: 'GET /account/sessions was answered with 502', code: undefined })
  const busy = createClient({ url: 'http://localhost/auth', fetch: async () => Response.json({ message: 'Too busy', code: 'AUTH_OVERLOADED' }, { status: 503 }) })
  t.match(await refusal(busy.post('/recovery-codes')), { statusCode: 503, message: 'Too busy', code: 'AUTH_OVERLOADED' })
})
