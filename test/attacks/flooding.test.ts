import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import t, { type Test } from 'tap'
import { createTestSession, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** The limits of production, but for numbers in all that a test can reach. */
const build = (t: Test) => buildApp(t, {
  emailVerification: 'optional',
  limits: { signUps: { perHourInAll: 150 }, mails: { perHourInAll: 40 } }
})

const PASSWORD = 'correct horse 1'
const formFields = (email: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: PASSWORD }] })
const signUpFrom = async (app: FastifyInstance, email: string, remoteAddress: string) =>
  await app.inject({ method: 'POST', url: '/auth/signup', payload: formFields(email), remoteAddress })
const newEmail = (): string => `${randomUUID()}@example.com`
const times = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> => Promise.all(Array.from({ length: count }, (_, index) => work(index)))
const mail = ({ session }: SignedInUser, remoteAddress = '127.0.0.1') => session.inject({ method: 'POST', url: '/auth/user/email/verify/token', remoteAddress })

t.test('four hundred requests for a mail to a foreign address are five mails, and ten a day', async (t) => {
  const app = await build(t)
  const victim = newEmail()
  const mallory = await signUp(app, { email: victim })
  const answers = await times(400, (i) => mail({ ...mallory, session: mallory.session.copy() }, `203.0.113.${i % 250}`))
  const sent = () => app.twoFactor.outbox.entries().filter(({ to }) => to === victim).length
  t.equal(sent(), 5)
  const refused = answers.find((answer) => answer.json().status !== 'OK')!
  t.equal(refused.statusCode, 200)
  t.same(refused.json(), { status: 'GENERAL_ERROR', message: 'Too many e-mails were sent. Try again in 10 minutes.', code: 'AUTH_LIMIT_REACHED' })
  t.equal(refused.headers['retry-after'], '600')
  for (let i = 0; i < 3; i++) {
    clock.pass(600)
    await times(6, () => mail({ ...mallory, session: mallory.session.copy() }))
  }
  t.equal(sent(), 10)
})

t.test('tags and dots make no new mailbox', async (t) => {
  const app = await build(t)
  const box = randomUUID().slice(0, 8)
  const spellings = [`${box}@gmail.com`, `${box}+1@gmail.com`, `${box.slice(0, 1)}.${box.slice(1)}@gmail.com`, `${box.slice(0, 3)}.${box.slice(3)}@googlemail.com`, `${box}+x.y@gmail.com`, `${box}+2@GMAIL.com`, `${box}+3@gmail.com`]
  const users = []
  for (const email of spellings) users.push(await signUp(app, { email }))
  const answers = []
  for (const [i, user] of users.entries()) answers.push((await mail(user, `203.0.113.${i}`)).json().status)
  t.same(answers, ['OK', 'OK', 'OK', 'OK', 'OK', 'GENERAL_ERROR', 'GENERAL_ERROR'])
  t.equal((await mail(await signUp(app))).json().status, 'OK', 'somebody else')

  // Each is at home where it signed up, and has links of its own there, but tags share windows.
  const forget = async (value: string, remoteAddress: string) => (await app.inject({
    method: 'POST', url: '/auth/user/password/reset/token', remoteAddress, payload: { formFields: [{ id: 'email', value }] }
  })).json().status
  const links = []
  for (const email of spellings.slice(1)) links.push(await forget(email, '127.0.0.1'))
  t.same(links, ['OK', 'OK', 'OK', 'OK', 'OK', 'GENERAL_ERROR'])
  t.equal(await forget(spellings[0]!, '127.0.0.1'), 'OK', 'the plain address keeps its own')
  const strangers = []
  for (const [i, email] of spellings.entries()) strangers.push(await forget(email, `192.0.2.${i}`))
  t.same(strangers, ['OK', 'OK', 'OK', 'OK', 'OK', 'GENERAL_ERROR', 'GENERAL_ERROR'])
})

t.test('one client signs up sixty accounts in ten minutes, by its /64', async (t) => {
  const app = await build(t)
  const answers = await times(70, (i) => signUpFrom(app, newEmail(), `2001:db8:1:1::${i + 1}`))
  const refused = answers.filter((answer) => answer.json().status === 'GENERAL_ERROR')
  t.equal(refused.length, 10)
  t.match(refused[0]!.json().message, /^Too many sign-ups\. Try again in \d+ minutes\.$/)
  t.equal(refused[0]!.cookies.length, 0)
  t.equal((await signUpFrom(app, newEmail(), '2001:db8:2:1::1')).json().status, 'OK', 'a neighbour signs up')
  // Returning users are not hit.
  const email = newEmail()
  await signUpFrom(app, email, '192.0.2.1')
  const signedIn = await app.inject({ method: 'POST', url: '/auth/signin', payload: formFields(email), remoteAddress: '2001:db8:1:1::1' })
  t.equal(signedIn.json().status, 'OK')
})

t.test('an address is signed up for five times in ten minutes, however it is spelt', async (t) => {
  const app = await build(t)
  const email = newEmail()
  const answers = []
  for (let i = 0; i < 7; i++) answers.push((await signUpFrom(app, i % 2 === 0 ? email : ` ${email.toUpperCase()}`, `192.0.2.${i}`)).json().status)
  t.same(answers, ['OK', 'FIELD_ERROR', 'FIELD_ERROR', 'FIELD_ERROR', 'FIELD_ERROR', 'GENERAL_ERROR', 'GENERAL_ERROR'])
})

t.test('a flood of sign-ups from everywhere ends; accounts that exist notice nothing, and neither does the host', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const answers = await times(160, (i) => signUpFrom(app, newEmail(), `203.0.113.${i}`))
  t.equal(answers.filter((answer) => answer.json().status === 'OK').length, 149)
  t.equal((await app.inject({ method: 'POST', url: '/auth/signin', payload: formFields(alice.email) })).json().status, 'OK')
  t.equal((await EmailPassword.signUp('public', newEmail(), PASSWORD)).status, 'OK', 'the host signs people up by itself')
  clock.pass(3600)
  t.equal((await signUpFrom(app, newEmail(), '203.0.113.1')).json().status, 'OK')
})

t.test('a flood of mails to everywhere keeps nobody out who signed up before it', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  clock.pass(86_400 + 1)
  const flood = await times(45, () => signUp(app))
  const answers = await Promise.all(flood.map((user, i) => mail(user, `203.0.113.${i}`)))
  t.equal(answers.filter((answer) => answer.json().status === 'OK').length, 40)
  const session = createTestSession(app)
  await session.inject({ method: 'POST', url: '/auth/signin', payload: formFields(alice.email) })
  t.equal((await mail({ ...alice, session })).json().status, 'OK')
})

t.test('a mail to an address that is verified is none and costs nothing', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  await mail(user)
  const link = new URL(String(app.twoFactor.outbox.last(user.email)?.link))
  await user.session.inject({ method: 'POST', url: '/auth/user/email/verify', payload: { method: 'token', token: link.searchParams.get('token') } })
  for (let i = 0; i < 8; i++) t.equal((await mail(user)).json().status, 'EMAIL_ALREADY_VERIFIED_ERROR')
})

t.test('strangers who ask for reset links use up nothing of an owner at an address of theirs', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const forget = async (remoteAddress: string) => (await app.inject({
    method: 'POST', url: '/auth/user/password/reset/token', remoteAddress, payload: { formFields: [{ id: 'email', value: alice.email }] }
  })).json().status
  await app.inject({ method: 'POST', url: '/auth/signin', payload: formFields(alice.email), remoteAddress: '192.0.2.77' })
  for (let round = 0; round < 4; round++) {
    await times(12, (i) => forget(`203.0.113.${i}`))
    clock.pass(600)
  }
  t.equal(await forget('198.51.100.1'), 'GENERAL_ERROR')
  t.equal(await forget('192.0.2.77'), 'OK')
})
