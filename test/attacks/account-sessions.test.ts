import { randomBytes } from 'node:crypto'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { sessionIdOf } from '../../src/account/sessions.js'
import { signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { payloadOf, post } from './suite/clients.js'

const LIST = '/auth/account/sessions'
const END = '/auth/account/sessions/end'

t.test('Mallory, who has the password alone, sees no session and ends none', async (t) => {
  const app = await build(t)
  for (const transferMethod of ['cookie', 'header'] as const) {
    const alice = await signInWithSecondFactor(app, { transferMethod })
    const mallory = await signIn(app, { ...alice, transferMethod })
    const id = sessionIdOf(payloadOf(alice.session).sessionHandle)
    for (const response of [await mallory.session.inject(LIST), await post(mallory.session, END, { others: true }), await post(mallory.session, END, { id })]) {
      t.equal(response.statusCode, 403)
      t.match(response.json(), { claimValidationErrors: [{ id: '2fa-completed' }] })
    }
    t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 200)
  }
  const newcomer = await signUp(app)
  t.equal((await newcomer.session.inject(LIST)).statusCode, 403, 'nor before anything is enrolled')
  t.equal((await app.inject(LIST)).statusCode, 401)
})

t.test('the id of somebody else\'s session is answered like one that nobody has', async (t) => {
  const app = await build(t)
  const [alice, mallory] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const { sessionHandle } = payloadOf(alice.session)
  for (const id of [sessionIdOf(sessionHandle), sessionHandle, randomBytes(16).toString('base64url'), '', '__proto__']) {
    const response = await post(mallory.session, END, { id })
    t.equal(response.statusCode, 200)
    t.same(response.json(), { status: 'OK', didSessionExist: false }, id)
  }
  t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 200)
})

t.test('a session that has ended, or whose claim was taken away, sees and ends nothing, whatever its token says', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  const thief = alice.session.copy()
  await Session.setClaimValue(payloadOf(alice.session).sessionHandle, app.twoFactor.secondFactor.claim, false)
  t.equal((await thief.inject(LIST)).statusCode, 403)
  t.equal((await post(thief, END, { others: true })).statusCode, 403)
  await Session.revokeSession(payloadOf(alice.session).sessionHandle)
  t.equal((await thief.inject(LIST)).statusCode, 401)
  t.equal((await post(thief, END, { others: true })).statusCode, 401)
})
