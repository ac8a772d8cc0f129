import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { passSecondFactor, requestCode, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** The limits of production, but for numbers in all that a test can reach. */
const build = (t: Test) => buildApp(t, {
  secondFactors: ['email'],
  passwordReset: false,
  limits: { signUps: false, signIn: false, mails: { perHourInAll: 12 } }
})

const times = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> => Promise.all(Array.from({ length: count }, (_, index) => work(index)))
const ask = async ({ session }: SignedInUser, remoteAddress = '127.0.0.1') =>
  (await session.inject({ method: 'POST', url: '/auth/signinup/code', payload: {}, remoteAddress })).json<{ status: string, code?: string, sendsLeft?: number }>()
const sentTo = (app: FastifyInstance, email: string): number => app.twoFactor.outbox.entries().filter(({ to }) => to === email).length

t.test('a hundred requests at once are one mail, and then there is a cool-down', async (t) => {
  const app = await build(t)
  const mallory = await signUp(app)
  const answers = await times(100, (i) => ask({ ...mallory, session: mallory.session.copy() }, `203.0.113.${i}`))
  t.equal(answers.filter(({ status }) => status === 'OK').length, 1)
  t.ok(answers.every(({ status, code }) => status === 'OK' || code === 'AUTH_LIMIT_REACHED'))
  t.equal(sentTo(app, mallory.email), 1)
})

t.test('five mails in ten minutes, ten a day, a resend counted too', async (t) => {
  const app = await build(t)
  const mallory = await signUp(app)
  const challenge = await requestCode(app, mallory)
  for (let i = 0; i < 60; i++) {
    clock.pass(20)
    const answer = await mallory.session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: challenge })
    t.equal(answer.statusCode, 200)
    if (i === 20) t.equal(sentTo(app, mallory.email), 5)
  }
  t.equal(sentTo(app, mallory.email), 10)
})

t.test('tags and dots make no new mailbox', async (t) => {
  const app = await build(t)
  const box = randomUUID().slice(0, 8)
  const answers = []
  for (const email of [`${box}@gmail.com`, `${box}+1@gmail.com`, `${box.slice(0, 1)}.${box.slice(1)}@gmail.com`, `${box}+2@googlemail.com`, `${box}+3@gmail.com`, `${box}+4@gmail.com`, `${box}+5@gmail.com`]) {
    answers.push((await ask(await signUp(app, { email }))).status)
  }
  t.same(answers, ['OK', 'OK', 'OK', 'OK', 'OK', 'SIGN_IN_UP_NOT_ALLOWED', 'SIGN_IN_UP_NOT_ALLOWED'])
})

t.test('mails to addresses that have not answered a code have a ceiling; who has enrolled is not affected', async (t) => {
  clock.pass(90_000)
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  clock.pass(60)
  const answers = []
  for (let i = 0; i < 15; i++) answers.push((await ask(await signUp(app), `203.0.${i}.1`)).status)
  t.equal(answers.filter((status) => status === 'OK').length, 11)
  t.equal((await ask(alice)).status, 'OK')
})
