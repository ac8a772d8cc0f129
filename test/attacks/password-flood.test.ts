import { setImmediate } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { createHashQueue, type HashQueue } from '../../src/embedded-core/hash-queue.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { coreOverHttp } from '../embedded-core/over-http.js'

const PASSWORD = 'correct horse 1'
const HOME = '203.0.113.7'
const MINUTE = 60_000

// The test keeps the Core's queue busy, on a clock that it moves.
let time = 0
const queue = createHashQueue({ width: 1, maxWait: MINUTE, elapsed: () => time })
const queued: Array<string | undefined> = []
const begun: Array<string | undefined> = []
const hashing: HashQueue = {
  run: (job, work) => {
    queued.push(job.owner)
    return queue.run(job, () => {
      begun.push(job.owner)
      return work()
    })
  }
}
const connectionURI = await coreOverHttp(hashing)

/** Work that takes as long as the test says; the queue is busy until it ends. */
async function occupy (): Promise<(tookMs: number) => Promise<void>> {
  let end = () => {}
  const done = queue.run({ guessMs: 1000 }, () => new Promise<void>((resolve) => { end = resolve }))
  await setImmediate()
  return async (tookMs) => {
    time += tookMs
    end()
    await done
  }
}

const warnings: string[] = []
const app: FastifyInstance = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { warnings.push(line) } } } })
t.teardown(() => app.close())
await app.register(service, {
  core: { connectionURI },
  maxEventLoopDelay: 0,
  limits: { signIn: { refusalTime: 0 } }
})
await app.ready()

const post = (url: string, email: string, password = PASSWORD, remoteAddress = '198.51.100.1') => app.inject({
  method: 'POST', url, remoteAddress, payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] }
})

t.test('attack: a flood of passwords is refused at once, with the time to come back, and nothing else is', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  // What it takes is an average: this is the latest.
  await (await occupy())(20 * MINUTE)
  const end = await occupy()
  // More than would open the circuit of a Core that is down.
  for (let turn = 0; turn < 8; turn++) {
    for (const url of ['/auth/signin', '/auth/signup']) {
      const response = await post(url, `stranger-${turn}@example.com`, PASSWORD, `198.51.100.${turn}`)
      t.match({ status: response.statusCode, body: response.json() }, { status: 503, body: { code: 'AUTH_OVERLOADED', message: 'The service is very busy. Please try again in a moment.' } }, url)
      t.ok(Number(response.headers['retry-after']) > 60, 'in the words of the Core')
    }
  }
  t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200, 'the Core is asked for everything else')
  t.equal((await session.inject('/me')).statusCode, 200)
  t.equal((await app.inject('/ready')).statusCode, 200)
  t.notMatch(warnings.join(''), 'does not answer', 'the circuit is closed')
  await end(0)
  for (let turn = 0; turn < 50; turn++) await (await occupy())(0)
  const again = await post('/auth/signup', 'stranger-1@example.com')
  t.equal(again.json().status, 'OK', 'and all is well afterwards: whoever was refused is not there yet')
})

t.test('attack: who signs in where they have signed in before goes before the strangers', async (t) => {
  await post('/auth/signup', 'ann@example.com', PASSWORD, HOME)
  const end = await occupy()
  queued.length = 0
  begun.length = 0
  const strangers = ['198.51.100.20', '198.51.100.21', '198.51.100.22'].map((address) => post('/auth/signin', 'ann@example.com', 'wrong horse 2', address))
  while (queued.length < 3) await setImmediate()
  const ann = post('/auth/signin', 'ann@example.com', PASSWORD, HOME)
  while (queued.length < 4) await setImmediate()
  await end(0)
  t.equal((await ann).json().status, 'OK')
  for (const stranger of strangers) t.equal((await stranger).json().status, 'WRONG_CREDENTIALS_ERROR')
  t.ok(begun.slice(0, 2).includes('ann@example.com'), begun.join())
  t.equal(begun.filter((owner) => owner !== undefined).length, 1, 'guesses from elsewhere are those of strangers')
})
