import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import type { MailMessage, MailSender } from '../../src/delivery/sender.js'
import { passSecondFactor, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'

const DOWN = 'the relay of mail.internal says: 550 no, token=abc'

/** An app's own sender, which fails while it is told to. */
function createMail (): MailSender & { failing: boolean, sent: MailMessage[] } {
  const sent: MailMessage[] = []
  return {
    name: 'own',
    failing: false,
    sent,
    async send (message) {
      if (this.failing) throw new Error(DOWN)
      sent.push(message)
    }
  }
}

function optional () {
  const mail = createMail()
  const options: ServiceOptions = { emailVerification: 'optional', mail }
  return { mail, options }
}

const send = (session: TestSession) => session.inject({ method: 'POST', url: '/auth/user/email/verify/token' })
const verify = (session: TestSession, token: string | null) => session.inject({ method: 'POST', url: '/auth/user/email/verify', payload: { method: 'token', token } })
const state = async (session: TestSession) => (await session.inject('/auth/user/email/verify')).json()

t.test('the second factor does not wait for the address', async (t) => {
  const { mail, options } = optional()
  const app = await build(t, options)
  const user = await signInWithSecondFactor(app)
  t.equal((await user.session.inject('/me')).statusCode, 200)
  t.same(await state(user.session), { status: 'OK', isVerified: false }, 'and the app can ask whether it is verified')

  t.same((await send(user.session)).json(), { status: 'OK' })
  t.match(mail.sent, [{ to: user.email, subject: 'Confirm your address for fastify-2fa', body: /Please confirm/ }])
  const link = new URL(String(mail.sent[0]?.link))
  t.same((await verify(user.session, link.searchParams.get('token'))).json(), { status: 'OK' })
  t.same(await state(user.session), { status: 'OK', isVerified: true })
  t.equal((await user.session.inject('/me')).statusCode, 200, 'verifying takes nothing away')
})

t.test('before the second factor the address can be verified as well, which opens nothing', async (t) => {
  const { mail, options } = optional()
  const app = await build(t, options)
  const user = await signUp(app)
  await send(user.session)
  await verify(user.session, new URL(String(mail.sent[0]?.link)).searchParams.get('token'))
  t.same(await state(user.session), { status: 'OK', isVerified: true })
  t.match((await user.session.inject('/me')).json().claimValidationErrors, [{ id: '2fa-completed' }])
  await passSecondFactor(app, user)
  t.equal((await user.session.inject('/me')).statusCode, 200)
})

t.test('a mail that cannot be sent is said, in words for the person, and can be asked for again', async (t) => {
  const { mail, options } = optional()
  const app = await build(t, options)
  const user = await signUp(app)
  mail.failing = true
  const response = await send(user.session)
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'GENERAL_ERROR', message: 'The e-mail could not be sent. Please try again in a moment.' })
  t.same(await state(user.session), { status: 'OK', isVerified: false })

  mail.failing = false
  t.same((await send(user.session)).json(), { status: 'OK' })
  t.same((await verify(user.session, new URL(String(mail.sent[0]?.link)).searchParams.get('token'))).json(), { status: 'OK' })
})

t.test('the log says that a mail failed, without the link or the provider\'s text', async (t) => {
  const { mail, options } = optional()
  const lines: string[] = []
  const app = await build(t, options, { logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
  const user = await signUp(app)
  mail.failing = true
  await send(user.session)
  const log = lines.join('')
  t.match(log, 'verification mail not sent')
  t.match(log, 'AUTH_DELIVERY_FAILED')
  t.notMatch(log, 'token=')
  t.notMatch(log, user.email)
  t.notMatch(log, 'mail.internal')
})

t.test('a password reset answers the same whether its mail can be sent or not', async (t) => {
  const { mail, options } = optional()
  const app = await build(t, options)
  const { email } = await signUp(app)
  const reset = (value: string) => app.inject({ method: 'POST', url: '/auth/user/password/reset/token', payload: { formFields: [{ id: 'email', value }] } })
  mail.failing = true
  const [known, unknown] = [await reset(email), await reset(`${randomUUID()}@example.com`)]
  t.same(known.json(), { status: 'OK' })
  t.same({ status: unknown.statusCode, body: unknown.body }, { status: known.statusCode, body: known.body })
})
