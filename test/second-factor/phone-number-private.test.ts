import t from 'tap'
import { newPhoneNumber, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { build } from '../helper.js'

t.test('where numbers are private, naming the right one takes the calls that a wrong one takes', async (t) => {
  const app = await build(t, { exposePhoneNumber: false, limits: { sends: false, signIn: false, signUps: false, mails: false } })
  const alice = await signInWithSecondFactor(app)
  const calls = []
  for (const phoneNumber of [alice.phoneNumber, newPhoneNumber()]) {
    const thief = await signIn(app, alice)
    const made = await callsOf(() => thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber } }))
    // The right one goes on from there.
    calls.push(made.slice(0, made.findIndex((call) => call === 'GET /user/id') + 1))
  }
  t.same(calls[0], ['GET /recipe/session', 'GET /recipe/user/metadata', 'GET /user/id'])
  t.same(calls[1], calls[0])
})
