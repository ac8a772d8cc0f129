import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { createTestSession, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { payloadOf } from '../attacks/suite/clients.js'
import { build } from '../helper.js'

const options = { emailVerification: 'off', passwordReset: false, supportContact: 'help@example.com' } as const

const RESET = /^Passwords cannot be reset here\. Please contact help@example\.com\.$/
const VERIFICATION = /^Addresses are not verified here, so no mail is sent\. Please contact help@example\.com\.$/
const SOCIAL = /^Signing in with another account is not possible here\. Please sign in with your password\.$/

/** Everything that a stock page asks of a feature that is off here, and the message that it shows. */
const REFUSED: [method: 'GET' | 'POST', path: string, message: RegExp, payload?: object][] = [
  ['POST', '/user/password/reset/token', RESET, { formFields: [{ id: 'email', value: 'a@example.com' }] }],
  ['POST', '/user/password/reset', RESET, { method: 'token', token: 'x', formFields: [{ id: 'password', value: 'correct horse 1' }] }],
  ['POST', '/user/email/verify', VERIFICATION, { method: 'token', token: 'x' }],
  ['POST', '/user/email/verify/token', VERIFICATION, {}],
  ['GET', '/authorisationurl?thirdPartyId=github&redirectURIOnProviderDashboard=http://localhost:3001/auth/callback/github', SOCIAL],
  ['POST', '/signinup', SOCIAL, { thirdPartyId: 'github', redirectURIInfo: { redirectURIOnProviderDashboard: 'x', redirectURIQueryParams: { code: 'x' } } }],
  ['POST', '/totp/device', /not available/, {}],
  ['POST', '/totp/device/verify', /not available/, { deviceName: 'x', totp: '123456' }],
  ['POST', '/totp/verify', /not available/, { totp: '123456' }]
]

async function ask (app: FastifyInstance, from: Pick<FastifyInstance, 'inject'>, [method, path, , payload]: typeof REFUSED[number], prefix = '/auth') {
  const response = await from.inject({ method, url: prefix + path, ...(payload && { payload }) })
  await app.twoFactor.delivered()
  return response
}

t.test('a feature that is off says so, in words that stock pages show, to everybody alike', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const sent = app.twoFactor.outbox.last()
  for (const endpoint of REFUSED) {
    const [method, path, message] = endpoint
    for (const from of [createTestSession(app), user.session]) {
      const response = await ask(app, from as unknown as FastifyInstance, endpoint)
      t.equal(response.statusCode, 200, `${method} ${path}`)
      t.match(response.json(), { status: 'GENERAL_ERROR', message, code: 'AUTH_FEATURE_OFF' })
    }
    if (!path.startsWith('/totp/')) t.match((await ask(app, app, endpoint, '/auth/public')).json(), { status: 'GENERAL_ERROR', message }, 'with the tenant')
  }
  t.same(app.twoFactor.outbox.last(), sent, 'and nothing is sent')
})

t.test('no answer and no token says that an address is verified', async (t) => {
  const app = await build(t, options)
  const { session, email } = await signUp(app)
  t.same((await session.inject('/auth/user/email/verify')).json(), { status: 'OK', isVerified: false })
  t.equal('st-ev' in payloadOf(session), false)
  t.notMatch((await session.inject({ method: 'POST', url: '/auth/user/email/verify', payload: { method: 'token', token: email } })).json(), { status: 'OK' })
})

t.test('pages that choose their form learn which first factors there are', async (t) => {
  const app = await build(t, options)
  for (const url of ['/auth/loginmethods', '/auth/public/loginmethods']) {
    t.match((await app.inject(url)).json(), {
      status: 'OK', emailPassword: { enabled: true }, thirdParty: { enabled: false, providers: [] }, passwordless: { enabled: false }, firstFactors: ['emailpassword']
    })
  }
  t.same((await app.inject('/auth/passwordless/email/exists?email=a@example.com')).json(), { status: 'OK', exists: false })
})

t.test('what is no feature of this service is not found', async (t) => {
  const app = await build(t, options)
  for (const url of ['/auth/totp/device/list', '/auth/webauthn/options/signin', '/auth/oauth/login', '/auth/mfa/info', '/auth/callback/apple']) {
    t.equal((await app.inject(url)).statusCode, 404, url)
  }
})

t.test('a contact is one line', async (t) => {
  for (const supportContact of ['', 'a\nb', 'x'.repeat(257), 1]) {
    await t.rejects(build(t, { ...options, supportContact: supportContact as string }), { code: 'AUTH_OPTIONS_INVALID', message: /supportContact/ })
  }
})
