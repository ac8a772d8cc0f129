import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { wrongOf } from './suite/clients.js'

const clock = stopClock()
/** Seconds that a code lives. */
const LIFETIME = 300

/** The attacker has as many messages as they like. */
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { codeLifetime: LIFETIME, limits: { sends: false, signIn: false } })

type Challenge = Awaited<ReturnType<typeof requestCode>>

const post = ({ session }: SignedInUser, url: string, payload: object): Promise<LightMyRequestResponse> => session.inject({ method: 'POST', url: `/auth/signinup/code${url}`, payload })
const consume = (user: SignedInUser, challenge: Challenge, userInputCode = challenge.userInputCode) => post(user, '/consume', { ...challenge, userInputCode })
const statusOf = async (answer: Promise<LightMyRequestResponse>): Promise<string> => (await answer).json<{ status: string }>().status

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`an expired code answers alike whether it is right or wrong, and is no try (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const alice = await signUp(app, { transferMethod })
    const challenge = await requestCode(app, alice)
    clock.pass(LIFETIME + 1)
    const answers = []
    for (const code of [challenge.userInputCode, wrongOf(challenge), '', 'x', '000000'].flatMap((one) => [one, one])) answers.push(await consume(alice, challenge, code))
    for (const { statusCode, body } of answers) t.same({ statusCode, body }, { statusCode: 200, body: answers[0]!.body })
    t.match(answers[0]!.json(), { status: 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: 0 })
    t.equal((await alice.session.inject('/me')).statusCode, 403)
    t.equal(await statusOf(post(alice, '/resend', challenge)), 'OK')
    t.equal(await statusOf(consume(alice, challenge)), 'INCORRECT_USER_INPUT_CODE_ERROR', 'the expired code never works again')
    t.equal(await statusOf(consume(alice, { ...challenge, userInputCode: app.twoFactor.outbox.last()!.code! })), 'OK')
  })

  t.test(`a thief goes on with nobody's expired code (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const alice = { ...await signInWithSecondFactor(app, { transferMethod }), transferMethod }
    const [hers, thiefs] = [await signIn(app, alice), await signIn(app, alice)]
    const challenge = await requestCode(app, hers)
    clock.pass(LIFETIME + 1)
    const sent = app.twoFactor.outbox.entries().length
    t.equal(await statusOf(consume(thiefs, challenge)), 'RESTART_FLOW_ERROR')
    t.equal(await statusOf(post(thiefs, '/resend', challenge)), 'RESTART_FLOW_ERROR')
    t.equal(app.twoFactor.outbox.entries().length, sent)
    t.equal(await statusOf(post(hers, '/resend', challenge)), 'OK')
    t.equal(await statusOf(consume(thiefs, { ...challenge, userInputCode: app.twoFactor.outbox.last()!.code! })), 'RESTART_FLOW_ERROR')
  })
}

t.test('letting codes expire and sending them again gives no more guesses', async (t) => {
  const app = await build(t)
  const thief = await signIn(app, await signInWithSecondFactor(app))
  const challenge = await requestCode(app, thief)
  for (let i = 0; i < 5; i++) {
    clock.pass(LIFETIME + 1)
    t.equal(await statusOf(consume(thief, challenge, wrongOf(challenge))), 'EXPIRED_USER_INPUT_CODE_ERROR')
    t.equal(await statusOf(post(thief, '/resend', challenge)), 'OK')
    const wrong = wrongOf({ ...challenge, userInputCode: app.twoFactor.outbox.last()!.code! })
    t.equal(await statusOf(consume(thief, challenge, wrong)), i < 4 ? 'INCORRECT_USER_INPUT_CODE_ERROR' : 'RESTART_FLOW_ERROR')
  }
  const next = await requestCode(app, thief)
  t.match((await consume(thief, next)).json(), { status: 'GENERAL_ERROR', message: /^Too many wrong codes/ }, 'five were counted, so not even the right one is compared')
})

t.test('of fifty right codes and resends at once one passes at most', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const challenge = await requestCode(app, alice)
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const one = { ...alice, session: alice.session.copy() }
    return i % 5 === 4 ? `resend ${await statusOf(post(one, '/resend', challenge))}` : await statusOf(consume(one, challenge))
  }))
  t.ok(answers.filter((one) => one === 'OK').length <= 1)
})
