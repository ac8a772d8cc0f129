import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { newPhoneNumber, passSecondFactor, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** Numbers are private: who has the password does not know where the code goes. */
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { exposePhoneNumber: false, limits: { sends: false, signIn: false } })

async function enrolled (app: FastifyInstance): Promise<SignedInUser> {
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  return alice
}

const name = ({ session }: SignedInUser, phoneNumber: string): Promise<LightMyRequestResponse> =>
  session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber } })

const MISMATCH = { status: 'SIGN_IN_UP_NOT_ALLOWED', code: 'AUTH_PHONE_MISMATCH', message: 'The second factor of this account is another phone number. Please use that number.' }

t.test('of two hundred numbers that are named at once five are compared, and then the right one is answered as a wrong one', async (t) => {
  const app = await build(t)
  const alice = await enrolled(app)
  for (const transferMethod of ['cookie', 'header'] as const) {
    const thief = await signIn(app, { ...alice, transferMethod })
    const answers = await Promise.all(Array.from({ length: 100 }, () => name({ ...thief, session: thief.session.copy() }, newPhoneNumber())))
    for (const { statusCode } of answers) t.equal(statusCode, 200, 'the stock page shows it')
    t.equal(answers.filter((one) => one.json().code === 'AUTH_PHONE_MISMATCH').length, 5)
    const [wrong, right] = [await name(thief, newPhoneNumber()), await name(thief, alice.phoneNumber)]
    t.match(wrong.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /^Too many failed attempts\. Try again in \d+ (second|minute)s?\.$/ })
    t.same([right.statusCode, right.body, right.headers['retry-after']], [wrong.statusCode, wrong.body, wrong.headers['retry-after']])
    clock.pass(Number(wrong.headers['retry-after']))
  }
})

t.test('wrong numbers and wrong codes are one count, to the lock; then both numbers are answered alike', async (t) => {
  const app = await build(t)
  const alice = await enrolled(app)
  let thief = await signIn(app, alice)
  let compared = 0
  for (let i = 0; i < 100; i++) {
    const answer = await name(thief, newPhoneNumber())
    if (answer.json().code === 'AUTH_PHONE_MISMATCH') {
      t.match(answer.json(), MISMATCH)
      compared++
    } else if (answer.headers['retry-after'] === undefined) break
    else {
      clock.pass(Number(answer.headers['retry-after']))
      thief = await signIn(app, alice)
    }
  }
  t.equal(compared, 50)
  const [wrong, right] = [await name(thief, newPhoneNumber()), await name(thief, alice.phoneNumber)]
  t.match(right.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /locked/ })
  t.equal(right.body, wrong.body)
})

t.test('the right number proves nothing: it clears no count, and costs nothing', async (t) => {
  const app = await build(t)
  const alice = await enrolled(app)
  const thief = await signIn(app, alice)
  for (let i = 0; i < 4; i++) t.match((await name(thief, newPhoneNumber())).json(), MISMATCH)
  for (let i = 0; i < 7; i++) t.equal((await name(thief, alice.phoneNumber)).json().status, 'OK')
  t.match((await name(thief, newPhoneNumber())).json(), MISMATCH)
  t.match((await name(thief, newPhoneNumber())).json(), { message: /^Too many failed attempts/ })
  const unnamed = await thief.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: {} })
  t.equal(unnamed.json().status, 'OK', 'who names no number is asked for none')
})
