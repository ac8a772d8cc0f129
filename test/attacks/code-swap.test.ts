import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import t from 'tap'
import { newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'

const HEADERS = [{}, { 'fdi-version': '4.1' }, { 'fdi-version': '3.0' }, { 'fdi-version': '1.18' }]
const FLAGS = [{}, { shouldTryLinkingWithSessionUser: true }, { shouldTryLinkingWithSessionUser: false }]

t.test('a code made in Mallory\'s session for Mallory\'s phone does not open Alice\'s', async (t) => {
  const app = await build(t)
  for (const transferMethod of ['cookie', 'header'] as const) {
    for (const headers of HEADERS) {
      for (const flag of FLAGS) {
        await t.test(`${transferMethod} session, ${JSON.stringify(headers)}, ${JSON.stringify(flag)}`, async (t) => {
          const mallory = await signUp(app, { transferMethod })
          // Mallory has guessed Alice's password; Alice has not enrolled a phone yet, so nothing is pinned.
          const alice = await signUp(app, { transferMethod })
          const challenge = await requestCode(app, mallory)
          const consumed = await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', headers, payload: { ...challenge, ...flag } })
          t.same(consumed.json(), { status: 'RESTART_FLOW_ERROR' })
          t.equal((await alice.session.inject('/me')).statusCode, 403, 'the claim is still false')
          await passSecondFactor(app, alice)
          t.equal((await alice.session.inject('/me')).json().phoneNumber, alice.phoneNumber, 'and Alice still enrols her own phone')
        })
      }
    }
  }
})

t.test('nor one made in Mallory\'s session, when Alice has enrolled', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const mallory = await signUp(app)
  const challenge = await requestCode(app, mallory)
  const stolen = await signIn(app, alice)
  const consumed = await stolen.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.same(consumed.json(), { status: 'RESTART_FLOW_ERROR' })
  t.equal((await stolen.session.inject('/me')).statusCode, 403)
  t.equal((await mallory.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })).json().status, 'OK', 'nothing was spent')
})

t.test('nor one that Alice\'s own other session has asked for', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const atHome = await signIn(app, alice)
  const stolen = await signIn(app, alice)
  const challenge = await requestCode(app, atHome)
  const consumed = await stolen.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.same(consumed.json(), { status: 'RESTART_FLOW_ERROR' })
})

t.test('an enrolled number cannot be replaced: not in the session that enrolled, not in an older one, not in a new one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const older = await signIn(app, alice)
  await passSecondFactor(app, alice)
  const newer = await signIn(app, alice)
  for (const { session } of [alice, newer]) {
    const response = await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
    t.equal(response.statusCode, 403)
    t.same(response.json(), { message: 'The second factor of this account is another phone number. Please use that number.', code: 'AUTH_PHONE_MISMATCH' })
  }
  const ended = await older.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  t.equal(ended.statusCode, 401, 'who came in by the password alone is signed out when the phone is set')
})

t.test('a code asked for before the phone was set elsewhere does not enrol a second phone', async (t) => {
  const app = await build(t)
  const [alice, other] = [await signUp(app), await signInWithSecondFactor(app)]
  const mallory = { ...await signIn(app, alice), phoneNumber: newPhoneNumber() }
  const challenge = await requestCode(app, mallory)
  // By the operator, say, who ends no session.
  await UserMetadata.updateUserMetadata(alice.userId, (await UserMetadata.getUserMetadata(other.userId)).metadata)
  const resend = await mallory.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: challenge })
  t.equal(resend.json().code, 'AUTH_PHONE_MISMATCH')
  const consume = await mallory.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
  t.equal(consume.json().code, 'AUTH_PHONE_MISMATCH')
  t.equal((await mallory.session.inject('/me')).statusCode, 403)
})

t.test('of two sessions that enrol different phones at the same moment one wins', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const sessions = [alice, { ...await signIn(app, alice), phoneNumber: newPhoneNumber() }, { ...await signIn(app, alice), phoneNumber: newPhoneNumber() }]
  const challenges = await Promise.all(sessions.map((user) => requestCode(app, user)))
  await Promise.all(sessions.map(({ session }, i) => session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenges[i]! })))
  const open = await Promise.all(sessions.map(async ({ session }) => (await session.inject('/me')).statusCode))
  t.equal(open.filter((status) => status === 200).length, 1, `exactly one of ${open.join(', ')}`)
})

t.test('resending needs the session that asked', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { deviceId, preAuthSessionId } = await requestCode(app, alice)
  const payload = { deviceId, preAuthSessionId }
  t.equal((await app.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload })).statusCode, 401)
  const mallory = await signUp(app)
  t.same((await mallory.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload })).json(), { status: 'RESTART_FLOW_ERROR' })
})

t.test('a code alone signs nobody in, and asks for nothing', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  t.equal((await app.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: alice.phoneNumber } })).statusCode, 401)
  const challenge = await requestCode(app, await signIn(app, alice))
  t.equal((await app.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })).statusCode, 401)
})

t.test('links and e-mail addresses are no second factor', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { preAuthSessionId } = await requestCode(app, alice)
  const link = await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { preAuthSessionId, linkCode: 'x'.repeat(43) } })
  t.equal(link.statusCode, 400)
  t.equal(link.json().code, 'AUTH_LINK_CODE_REFUSED')
  const mail = await alice.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { email: alice.email } })
  t.equal(mail.statusCode, 400)
  t.equal((await alice.session.inject('/me')).statusCode, 403)
})
