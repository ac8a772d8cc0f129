import t, { type Test } from 'tap'
import { UserMetadata } from '../../src/supertokens/for-hosts.js'
import { createTestSession, passSecondFactor, signIn, signInWithSecondFactor, signUp, type TestSession } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'

/** Where a second factor is needed of those alone who have one. */
const build = (t: Test) => buildApp(t, { secondFactorRequired: 'enrolled', limits: { signIn: { refusalTime: 0 }, sends: false } })

const NEW = 'wombat lantern 2'
const OLD = 'correct horse 1'
const post = (session: TestSession, url: string, payload: object) => session.inject({ method: 'POST', url: `/auth${url}`, payload })
const change = (session: TestSession) => post(session, '/account/password', { oldPassword: OLD, newPassword: NEW })

t.test('a password can be the only factor, so a new one has fifteen characters', async (t) => {
  const app = await build(t)
  const signUpWith = async (password: string) => (await post(createTestSession(app), '/signup', { formFields: [{ id: 'email', value: 'tess@length.example' }, { id: 'password', value: password }] })).json()
  t.match(await signUpWith('fourteen chars'), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: 'Please choose a password of at least 15 characters.' }] })
  for (const password of ['passwordpassword', '123456789012345', 'tess length 2026']) t.match(await signUpWith(password), { status: 'FIELD_ERROR' }, password)
  t.match(await signUpWith('fifteen letters'), { status: 'OK' })
})

t.test('whoever has no second factor changes the password with the old one, and the address with the password', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  t.match((await post(user.session, '/account/email', { email: 'new1@optional.example' })).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'password', error: 'Please enter your password.' }] })
  t.match((await post(user.session, '/account/email', { email: 'new1@optional.example', password: NEW })).json(), { status: 'WRONG_CREDENTIALS_ERROR' })
  t.equal(app.twoFactor.outbox.last('new1@optional.example'), undefined)
  t.strictSame((await post(user.session, '/account/email', { email: 'new1@optional.example', password: OLD })).json(), { status: 'OK' })
  const token = new URL(app.twoFactor.outbox.last('new1@optional.example')!.link!).searchParams.get('token')
  t.strictSame((await post(user.session, '/account/email/confirm', { token })).json(), { status: 'OK' })
  t.strictSame((await change(user.session)).json(), { status: 'OK' })
})

t.test('whoever has one needs it for both', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const thief = await signIn(app, user)
  t.equal((await change(thief.session)).statusCode, 403)
  t.equal((await post(thief.session, '/account/email', { email: 'new2@optional.example', password: OLD })).statusCode, 403)
  await passSecondFactor(app, thief)
  t.strictSame((await change(thief.session)).json(), { status: 'OK' })
})

t.test('one that is broken is not none', async (t) => {
  const app = await build(t)
  const user = await signUp(app)
  await UserMetadata.updateUserMetadata(user.userId, { passwordlessUserId: 'no such user' })
  t.equal((await change(user.session)).statusCode, 403)
  t.equal((await post(user.session, '/account/email', { email: 'new3@optional.example', password: OLD })).statusCode, 403)
})

t.test('Mallory changes the address, and chooses a password by a link to it: it is worth nothing once the owner undoes that', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const linkTo = (email: string) => new URL(app.twoFactor.outbox.last(email)!.link!).searchParams.get('token')
  const email = 'mallory@optional.example'
  await post(alice.session, '/account/email', { email, password: OLD })
  t.match((await post(alice.session, '/account/email/confirm', { token: linkTo(email) })).json(), { status: 'OK' })
  const token = linkTo(alice.email)
  const visitor = createTestSession(app)
  await post(visitor, '/user/password/reset/token', { formFields: [{ id: 'email', value: email }] })
  const password = 'marmalade tin lid 44'
  t.match((await post(visitor, '/user/password/reset', { method: 'token', token: linkTo(email), formFields: [{ id: 'password', value: password }] })).json(), { status: 'OK' })
  t.match((await post(visitor, '/account/contest', { token })).json(), { status: 'OK' })
  const answer = await post(visitor, '/signin', { formFields: [{ id: 'email', value: alice.email }, { id: 'password', value: password }] })
  t.match(answer.json(), { code: 'AUTH_PASSWORD_CHANGE_REQUIRED' }, 'or he would enrol a factor')
})
