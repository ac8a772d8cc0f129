import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type {} from '@fastify/under-pressure'
import { build } from '../helper.js'

const OPTIONS = { authConcurrency: 2, authMaxWait: 0, maxEventLoopDelay: 300 }

/** Keeps the process from doing anything else, while others may. */
function block (milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Lets the event loop lag until the app has noticed. It measures once a second, on average over that second. */
async function lag (app: FastifyInstance): Promise<void> {
  for (const deadline = Date.now() + 60_000; !app.isUnderPressure();) {
    if (Date.now() > deadline) throw new Error('lagged in vain')
    block(400)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

async function until (condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition();) {
    if (Date.now() > deadline) throw new Error('waited in vain')
    await new Promise((resolve) => { setTimeout(resolve, 10) })
  }
}

t.test('a process that lags behind answers 503 at once, stays alive for its orchestrator, and recovers', async (t) => {
  const app = await build(t, OPTIONS)
  // Longer than a start is forgiven.
  block(2500)
  for (const url of ['/me', '/auth/signin', '/nowhere']) {
    await lag(app)
    const response = await app.inject({ method: url === '/auth/signin' ? 'POST' : 'GET', url })
    t.equal(response.statusCode, 503, url)
    t.equal(response.json().code, 'AUTH_OVERLOADED')
    t.match(response.headers['retry-after'], /^[1-9]/)
  }
  await lag(app)
  t.equal((await app.inject('/health')).statusCode, 200)
  await lag(app)
  const ready = await app.inject('/ready')
  t.strictSame([ready.statusCode, ready.json()], [503, { status: 'unavailable', reasons: ['overloaded'] }])
  await until(() => !app.isUnderPressure())
  t.equal((await app.inject('/me')).statusCode, 401)
})

t.test('a process that has just started is not taken for one that lags behind', async (t) => {
  // However long this takes here, the app thinks that it has just started.
  const { now } = performance
  const start = performance.now()
  performance.now = () => start
  t.teardown(() => { performance.now = now })
  const app = await build(t, OPTIONS)
  await lag(app)
  t.equal((await app.inject('/me')).statusCode, 401)
})

t.test('attack: more sign-ins at once than can be worked on are refused at once, and guarded routes notice nothing', async (t) => {
  const app = await build(t, OPTIONS)
  await until(() => !app.isUnderPressure())
  const signIn = () => app.inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: 'alice@example.com' }, { id: 'password', value: 'correct horse 1' }] } })
  const [guarded, ...answers] = await Promise.all([app.inject('/me'), ...Array.from({ length: 20 }, signIn)])
  t.equal(guarded.statusCode, 401)
  const refused = answers.filter(({ statusCode }) => statusCode === 503)
  t.equal(refused.length, 18)
  for (const response of refused) {
    t.equal(response.json().code, 'AUTH_OVERLOADED')
    t.match(response.headers['retry-after'], /^[1-9]/)
  }
  t.equal((await signIn()).statusCode, 200)
})
