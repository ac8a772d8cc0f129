import t from 'tap'
import { maskPhoneNumber, type SmsText } from '../../src/index.js'
import { newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { payloadOf } from '../attacks/suite/clients.js'
import { build } from '../helper.js'

const smsText: SmsText = ({ appName, code, acceptLanguage }) => acceptLanguage?.startsWith('de') === true ? `${appName}: Ihr Code ist ${code}` : `${appName}: your code is ${code}`
const options = { exposePhoneNumber: false, smsText, codeLifetime: 120 }

/** Everything that the browser can read of a session. */
function readable (session: TestSession): string {
  const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64').toString()
  return [...session.cookies.values(), ...session.tokens.values()].flatMap((value) => [value, decode(value), ...value.split('.').map(decode)]).join('\n')
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`who has the password learns a hint and no number (${transferMethod} session)`, async (t) => {
    const app = await build(t, options)
    const user = await signInWithSecondFactor(app, { transferMethod })
    const again = await signIn(app, { ...user, transferMethod })
    for (const { session } of [user, again]) {
      const text = readable(session)
      t.equal(text.includes(user.phoneNumber), false)
      t.ok(text.includes(maskPhoneNumber(user.phoneNumber)))
    }
  })
}

t.test('a code is asked for without naming the number', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const { session } = await signIn(app, user)
  const asked = await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: {}, headers: { 'accept-language': 'de-DE' } })
  const { deviceId, preAuthSessionId, ...rest } = asked.json()
  t.match(rest, { status: 'OK', flowType: 'USER_INPUT_CODE' })
  const { code, body } = app.twoFactor.outbox.last(user.phoneNumber) ?? {}
  t.equal(body, `fastify-2fa: Ihr Code ist ${code}`)
  const consumed = await session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode: code } })
  t.match(consumed.json(), { status: 'OK', user: { id: user.userId, phoneNumbers: [] } }, 'and the answer is about who signed in')
  t.equal(consumed.body.includes(user.phoneNumber), false)
  t.equal((await session.inject('/me')).statusCode, 200)
})

t.test('the choice among factors shows a mask', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const response = await (await signIn(app, user)).session.inject({ method: 'PUT', url: '/auth/mfa/info' })
  t.same(response.json(), {
    status: 'OK',
    factors: { next: ['otp-phone'], alreadySetup: ['otp-phone'], allowedToSetup: [] },
    emails: {},
    phoneNumbers: { 'otp-phone': [maskPhoneNumber(user.phoneNumber)] }
  })
})

t.test('stock pages find a masked number in the token, and may send it back', async (t) => {
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  const mask = maskPhoneNumber(user.phoneNumber)
  const { session } = await signIn(app, user)
  t.match(payloadOf(session), { phoneNumber: mask, phoneNumberHint: mask })

  // Numbers are random, and one in a hundred ends in 98.
  const another = mask.replace(/..$/, mask.endsWith('98') ? '97' : '98')
  for (const other of [mask.replace('+1', '+4'), another, mask + '•01', mask.replace('••', '•')]) {
    const refused = await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: other } })
    t.not(refused.json().status, 'OK', other)
    t.notMatch(refused.body, user.phoneNumber)
  }
  const sent = app.twoFactor.outbox.last(user.phoneNumber)
  const mismatch = await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: another } })
  t.equal(mismatch.json().code, 'AUTH_PHONE_MISMATCH', 'the same answer as for another number')
  t.same(app.twoFactor.outbox.last(user.phoneNumber), sent, 'nothing was sent')

  t.match((await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: mask } })).json(), { status: 'OK' })
  t.not(app.twoFactor.outbox.last(user.phoneNumber)?.code, sent?.code)
})

t.test('without a pinned number there is none to ask for', async (t) => {
  const app = await build(t, options)
  const user = await signUp(app)
  for (const payload of [{}, { phoneNumber: 'pinned' }, { phoneNumber: maskPhoneNumber(user.phoneNumber) }]) {
    const response = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload })
    t.match(response.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Phone number is invalid' })
  }
  await passSecondFactor(app, user)
  const other = await user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  t.equal(other.json().code, 'AUTH_PHONE_MISMATCH')
})
