import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { randomInt, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import type { ServiceOptions } from '../../src/index.js'
import { until } from '../faults/until.js'
import { freePort } from '../free-port.js'
import { startRedis } from './redis-server.js'

/** Two processes of the service with the limits of production, one real Redis, one Core. */
const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
const port = await freePort()
const redisUrl = `redis://127.0.0.1:${port}`
let redis = await startRedis(port)

const children: ChildProcess[] = []
async function startReplica (): Promise<string> {
  const connection = { connectionURI: core.connectionURI, apiKey: String(core.apiKey) }
  const options: ServiceOptions = { production: false, core: connection, sms: { provider: 'log' }, mail: { provider: 'log' }, limits: { redisUrl } }
  const child = fork(fileURLToPath(new URL('replica.js', import.meta.url)), [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  children.push(child)
  const [address] = await once(child, 'message') as [string]
  return address
}
const replicas = await Promise.all([startReplica(), startReplica()])

t.teardown(async () => {
  await Promise.all(children.map(async (child) => {
    child.disconnect()
    await once(child, 'exit')
  }))
  await redis.kill()
  await core.close()
})

interface Answer {
  status: number
  body: Record<string, string | number>
  headers: Headers
}

interface User { token: string, email: string, id: string }

let turn = 0
/** To one replica and the other in turn, from the address that a proxy would name. */
async function post (path: string, payload: object, { token, from = '192.0.2.1' }: { token?: string, from?: string } = {}): Promise<Answer> {
  const response = await fetch(`${replicas[turn++ % 2]}/auth${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'st-auth-mode': 'header', 'x-forwarded-for': from, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(payload)
  })
  return { status: response.status, body: await response.json() as Answer['body'], headers: response.headers }
}

const formFields = (email: string, password: string): object => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
const PASSWORD = 'correct horse 1'
const newPhone = (): string => `+1212${randomInt(2_000_000, 10_000_000)}`
const times = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> => Promise.all(Array.from({ length: count }, (_, index) => work(index)))
const having = (answers: Answer[], status: string): number => answers.filter(({ body }) => body.status === status).length

let users = 0
/** Each signs up from an address of their own, since sign-ups from one are limited. */
async function newUser (): Promise<User> {
  const email = `${randomUUID()}@example.com`
  const { body, headers } = await post('/signup', formFields(email, PASSWORD), { from: `198.18.${users >> 8}.${users++ & 255}` })
  return { email, token: headers.get('st-access-token')!, id: (body.user as unknown as { id: string }).id }
}

/** One after the other: a wave of sign-ups is not what these tests are about, and a busy machine would refuse some. */
async function newUsers (count: number): Promise<User[]> {
  const made: User[] = []
  while (made.length < count) made.push(await newUser())
  return made
}

const ask = (user: User, phoneNumber: string, from: string): Promise<Answer> => post('/signinup/code', { phoneNumber }, { token: user.token, from })

t.test('sixty requests for a code at two replicas are one message', async (t) => {
  const [user, phoneNumber] = [await newUser(), newPhone()]
  const answers = await times(60, () => ask(user, phoneNumber, '192.0.2.2'))
  t.equal(having(answers, 'OK'), 1)
  t.equal(having(answers, 'SIGN_IN_UP_NOT_ALLOWED'), 59)
  for (const { headers, body } of answers) if (body.status !== 'OK') t.match(headers.get('retry-after'), /^[1-9]\d*$/)
})

t.test('forty users against one number at two replicas are five messages', async (t) => {
  const phoneNumber = newPhone()
  const users = await newUsers(40)
  const answers = await Promise.all(users.map((user, i) => ask(user, phoneNumber, `192.0.2.${i}`)))
  t.equal(having(answers, 'OK'), 5)
})

t.test('fifty users from one address at two replicas are ten messages that nobody answers', async (t) => {
  const users = await newUsers(50)
  const answers = await Promise.all(users.map((user) => ask(user, newPhone(), '203.0.113.7')))
  const sent = having(answers, 'OK')
  // Fewer where other tests have used up some of what everybody shares.
  t.ok(sent >= 5 && sent <= 10, String(sent))
})

t.test('a hundred wrong codes at two replicas are five tries', async (t) => {
  const user = await newUser()
  const { body: { deviceId, preAuthSessionId } } = await ask(user, newPhone(), '192.0.2.3')
  const answers = await times(100, (i) => post('/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: String(100_000 + i) }, { token: user.token }))
  t.equal(having(answers, 'GENERAL_ERROR'), 95)
})

t.test('a hundred wrong passwords at two replicas are ten tries', async (t) => {
  const { email } = await newUser()
  const answers = await times(100, () => post('/signin', formFields(email, 'wrong'), { from: '198.51.100.1' }))
  t.equal(having(answers, 'WRONG_CREDENTIALS_ERROR'), 10)
})

t.test('what Redis holds names nobody, and everything in it ends', async (t) => {
  const [user, phoneNumber] = [await newUser(), newPhone()]
  await ask(user, phoneNumber, '198.51.100.77')
  await post('/signin', formFields(user.email, 'wrong'), { from: '198.51.100.77' })
  const client = new Redis(redisUrl)
  t.teardown(() => { client.disconnect() })
  // What is in the stream of sessions that end, revocations.test.ts looks at.
  const keys = (await client.keys('*')).filter((key) => key !== 'fastify-2fa:revocations')
  t.ok(keys.length > 20)
  for (const secret of [user.id, user.email, phoneNumber.slice(1), phoneNumber.slice(5), '198.51.100', '@example.com']) {
    t.notOk(keys.some((key) => key.includes(secret)), secret)
  }
  for (const key of keys) {
    t.match(key, /^fastify-2fa:[a-z-]+:[\w-]{32}(:\w+)?$/)
    const [[, milliseconds], [, value]] = await client.multi().pttl(key).get(key).exec() as [[null, number], [null, string | null]]
    const hasEnded = milliseconds === -2 && value === null
    t.ok(hasEnded || milliseconds >= 0, key)
    t.ok(hasEnded || /^\d+$/.test(value ?? ''), value ?? 'nothing')
  }
})

t.test('without Redis nothing is allowed, and it comes back by itself', async (t) => {
  const [user, phoneNumber] = [await newUser(), newPhone()]
  await redis.kill()
  const closed = [
    ...await times(6, () => ask(user, phoneNumber, '198.51.100.5')),
    ...await times(6, () => post('/signin', formFields(user.email, PASSWORD)))
  ]
  for (const { status, body, headers } of closed) {
    const unavailable = { message: 'This is not available at the moment. Please try again soon.', code: 'AUTH_LIMITS_UNAVAILABLE' }
    // The page asks for a code by itself, and would be blank.
    if (status === 200) t.same(body, { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: unavailable.message, ...unavailable })
    else t.same({ status, ...body }, { status: 503, ...unavailable })
    t.match(headers.get('retry-after'), /^\d+$/)
  }
  redis = await startRedis(port)
  const isBack = async (): Promise<boolean> => (await times(2, () => post('/signin', formFields(user.email, PASSWORD)))).every(({ body }) => body.status === 'OK')
  await until('people sign in again', isBack)
  t.equal((await ask(user, phoneNumber, '198.51.100.5')).body.status, 'OK', 'and what was refused meanwhile has cost nothing')
})
