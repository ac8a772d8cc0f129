import { setImmediate } from 'node:timers/promises'
import pino from 'pino'
import t, { type Test } from 'tap'
import { createHashQueue, MAX_WAIT_MS, type HashJob, type HashQueue } from '../../src/embedded-core/hash-queue.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openApps } from '../../src/embedded-core/tenants/apps.js'

const SECOND = 1000

/** A queue whose work ends when the test says so, on a clock that the test moves. */
function controlled (options: { width?: number, maxWait?: number } = {}) {
  let time = 0
  const queue = createHashQueue({ width: 1, maxWait: 10 * SECOND, elapsed: () => time, ...options })
  const started: string[] = []
  const finish = new Map<string, () => void>()
  function add (name: string, job: Partial<HashJob> = {}): Promise<string> {
    return queue.run({ guessMs: SECOND, ...job }, () => new Promise((resolve) => {
      started.push(name)
      finish.set(name, () => { resolve(name) })
    }))
  }
  async function end (name: string, tookMs: number): Promise<void> {
    await setImmediate()
    time += tookMs
    finish.get(name)?.()
    await setImmediate()
  }
  return { queue, started, add, end }
}

const refusalOf = async (added: Promise<unknown>) => await added.then(() => undefined, (error: { code: string, retryAfter: number, isNew: boolean }) => error)

t.test('as much runs at a time as there is room for, the rest in the order in which it came', async (t) => {
  const { add, end, started } = controlled({ width: 2 })
  const all = ['a', 'b', 'c', 'd'].map((name) => add(name))
  await setImmediate()
  t.strictSame(started, ['a', 'b'])
  await end('b', SECOND)
  t.strictSame(started, ['a', 'b', 'c'])
  await end('a', 0)
  for (const name of ['c', 'd']) await end(name, 0)
  t.strictSame(await Promise.all(all), ['a', 'b', 'c', 'd'])
  t.strictSame(started, ['a', 'b', 'c', 'd'])
})

t.test('the queue says how much waits, runs and was refused', async (t) => {
  const { queue, add, end } = controlled()
  const all = [add('first'), ...[1, 2, 3, 4, 5].map((number) => add(`w${number}`))]
  await refusalOf(add('too many'))
  t.strictSame(queue.state(), { waiting: 5, running: 1, refused: 1 })
  for (const name of ['first', 'w1', 'w2', 'w3', 'w4', 'w5']) await end(name, SECOND)
  await Promise.all(all)
  t.strictSame(queue.state(), { waiting: 0, running: 0, refused: 1 })
})

t.test('what would wait too long is refused at once, and says when to come back; what is waiting is not', async (t) => {
  const { add, end, started } = controlled()
  const first = add('first')
  // A lane is sure of every other turn, so five wait for ten seconds at most.
  const waiting = [1, 2, 3, 4, 5].map((number) => add(`w${number}`))
  t.match(await refusalOf(add('too many')), { code: 'CORE_OVERLOADED', statusCode: 503, retryAfter: 12, isNew: true })
  t.match(await refusalOf(add('too many')), { isNew: false })
  await end('first', SECOND)
  t.equal(await first, 'first')
  const next = add('w6')
  for (const number of [1, 2, 3, 4, 5, 6]) await end(`w${number}`, SECOND)
  await Promise.all([...waiting, next])
  t.strictSame(started, ['first', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6'])

  add('again')
  for (let number = 0; number < 5; number++) add(`again ${number}`)
  t.match(await refusalOf(add('too many again')), { isNew: true }, 'it was empty in between, so this is news')
})

t.test('waits are reckoned by how long the work really takes, the latest above all', async (t) => {
  const { add, end } = controlled()
  for (let number = 0; number < 30; number++) {
    add(`fast ${number}`)
    await end(`fast ${number}`, 100)
  }
  add('running')
  for (let number = 0; number < 50; number++) add(`waiting ${number}`)
  t.match(await refusalOf(add('too many')), { retryAfter: 11 })

  const slow = controlled()
  slow.add('slow')
  await slow.end('slow', 6 * SECOND)
  slow.add('running')
  t.match(await refusalOf(slow.add('too slow')), { retryAfter: 12 })
  let imported = false
  slow.add('an import', { refusable: false }).then(() => { imported = true })
  await slow.end('running', SECOND)
  await slow.end('an import', SECOND)
  t.ok(imported, 'nobody waits for an import, so it waits')
})

t.test('if it takes longer than was thought, the last ones are refused as soon as that is known', async (t) => {
  const { add, end, started } = controlled()
  add('first', { guessMs: 100 })
  const refused: string[] = []
  for (let number = 0; number < 40; number++) {
    add(`w${number}`, { guessMs: 100, refusable: number !== 30 }).catch((error: { code: string, retryAfter: number }) => { refused.push(`w${number}`); t.equal(error.code, 'CORE_OVERLOADED') })
  }
  await end('first', SECOND)
  await setImmediate()
  t.equal(refused.length, 40 - 6)
  t.strictSame(refused.slice(0, 3), ['w39', 'w38', 'w37'])
  for (const name of ['w0', 'w1', 'w2', 'w3', 'w4', 'w30']) await end(name, SECOND)
  t.strictSame(started, ['first', 'w0', 'w1', 'w2', 'w3', 'w4', 'w30'])
})

t.test('without a limit everything waits; whatever is free is used, however slow it was', async (t) => {
  const { add, end, started } = controlled({ maxWait: 0 })
  add('running')
  for (let number = 0; number < 1000; number++) add(`${number}`)
  await setImmediate()
  t.equal(started.length, 1)
  await end('running', SECOND)
  t.equal(started.length, 2)

  const slow = controlled({ maxWait: 1 })
  slow.add('a')
  await slow.end('a', 60 * SECOND)
  slow.add('b')
  await setImmediate()
  t.strictSame(slow.started, ['a', 'b'])
})

t.test('work that fails makes room too', async (t) => {
  const queue = createHashQueue({ width: 1 })
  await t.rejects(queue.run({ guessMs: 1 }, async () => { throw new Error('broken') }), { message: 'broken' })
  t.equal(await queue.run({ guessMs: 1 }, async () => 'next'), 'next')
})

t.test('attack: strangers who fill the queue take every other turn from owners, and nothing else', async (t) => {
  const { add, end, started } = controlled()
  add('running')
  let strangers = 0
  while (await Promise.race([refusalOf(add(`s${strangers}`)), setImmediate()]) === undefined) strangers++
  t.equal(strangers, 5)
  for (const name of ['o1', 'o2', 'o3']) add(name, { owner: name })
  for (const name of ['running', 'o1', 's0', 'o2', 's1', 'o3', 's2']) await end(name, SECOND)
  t.strictSame(started, ['running', 'o1', 's0', 'o2', 's1', 'o3', 's2', 's3'])
})

t.test('attack: whoever owns one account has one place among the owners', async (t) => {
  const { add, end, started } = controlled()
  add('running')
  for (let number = 0; number < 4; number++) add(`m${number}`, { owner: 'mallory' })
  add('o1', { owner: 'ann' })
  for (const name of ['running', 'm0', 'm1', 'o1']) await end(name, SECOND)
  t.strictSame(started, ['running', 'm0', 'm1', 'o1', 'm2'], 'all further ones are among those of strangers')
  add('m4', { owner: 'mallory' })
  await end('m2', SECOND)
  t.equal(started.at(-1), 'm4', 'and again, once it is free')
})

t.test('attack: strangers with many accounts fill the lane of owners, and the other owners wait with everybody else', async (t) => {
  const { add, end, started } = controlled()
  add('running')
  for (let number = 0; number < 5; number++) add(`m${number}`, { owner: `mallory ${number}` })
  const ann = add('ann', { owner: 'ann' })
  for (const name of ['running', 'm0', 'ann']) await end(name, SECOND)
  t.equal(await ann, 'ann')
  t.strictSame(started, ['running', 'm0', 'ann', 'm1'])
})

t.test('attack: where a hash takes long, nothing is worked on that its client no longer waits for', async (t) => {
  const PATIENCE = 5 * SECOND
  for (const took of [500, SECOND, 2 * SECOND, 4 * SECOND]) {
    const { add, end } = controlled({ maxWait: MAX_WAIT_MS })
    add('running', { guessMs: took })
    let waiting = 0
    while (await Promise.race([refusalOf(add(`s${waiting}`, { guessMs: took })), setImmediate()]) === undefined) waiting++
    // The other lane takes every other turn.
    t.ok(waiting * 2 * took + (waiting > 0 ? took : 0) <= PATIENCE, `${waiting} wait for ${took} ms each`)
    await end('running', took)
  }
})

/** A Core whose queue the test keeps busy. */
function open (t: Test, hashing: HashQueue) {
  const lines: string[] = []
  const apps = openApps({ file: ':memory:', config: { bcrypt_log_rounds: 4 }, hashing, now: Date.now, onError: () => {} })
  const server = buildServer(apps, [], pino({}, { write: (line: string) => { lines.push(line) } }))
  t.teardown(async () => {
    await server.close()
    apps.close()
  })
  const post = async (url: string, body: object, headers: Record<string, string> = {}) => {
    const { statusCode, body: text, headers: answered } = await server.inject({ method: 'POST', url, headers, payload: JSON.stringify(body) })
    return { statusCode, text, headers: answered, json: () => JSON.parse(text) as { status: string, user: { id: string }, token: string } }
  }
  return { apps, server, post, lines }
}

t.test('over HTTP: 503 with Retry-After and a code at once, nothing half-done, all well afterwards', async (t) => {
  const { queue, add, end } = controlled()
  const { post, server, lines } = open(t, queue)
  const ann = { email: 'ann@example.com', password: 'correct horse' }
  await post('/recipe/signup', ann)
  add('slow')
  await end('slow', 60 * SECOND)
  add('running')
  for (const url of ['/recipe/signup', '/recipe/signin']) {
    const { statusCode, text, headers } = await post(url, { ...ann, email: url === '/recipe/signup' ? 'bob@example.com' : ann.email })
    t.match({ statusCode, text, headers }, { statusCode: 503, text: 'Too many passwords are waiting\n', headers: { 'x-core-error': 'CORE_OVERLOADED' } })
    t.ok(Number(headers['retry-after']) > 10, 'Retry-After')
  }
  const direct = await server.answerDirectly({ method: 'POST', url: '/recipe/signin', headers: {}, body: JSON.stringify(ann) })
  t.match(direct, { status: 503, headers: { 'retry-after': /^\d+$/, 'x-core-error': 'CORE_OVERLOADED' } }, 'in this process too')
  t.equal((await post('/recipe/signin', { ...ann, email: 'nobody@example.com' })).statusCode, 503, 'for accounts that do not exist as well')
  t.match(lines.map((line) => JSON.parse(line) as object), [{ level: 40, msg: /more are waiting/ }], 'the log says it once')
  t.equal((await server.inject('/hello')).statusCode, 200, 'everything else is answered')
  await end('running', 0)
  t.equal((await post('/recipe/signin', ann)).json().status, 'OK')
  t.equal((await post('/recipe/signup', { ...ann, email: 'bob@example.com' })).json().status, 'OK', 'who was refused is not there')
})

t.test('over HTTP: a sign-in that its client calls urgent, and a password that its owner changes, pass the strangers', async (t) => {
  const { queue, add, end } = controlled()
  const { post, server } = open(t, queue)
  const ann = { email: 'ann@example.com', password: 'correct horse' }
  const { user: { id } } = (await post('/recipe/signup', ann)).json()
  const { token } = (await post('/recipe/user/password/reset/token', { userId: id, email: ann.email })).json()
  const { token: other } = (await post('/recipe/user/password/reset/token', { userId: id, email: ann.email })).json()
  add('running')
  await setImmediate()
  const order: string[] = []
  const asked = Object.entries({
    stranger: () => post('/recipe/signin', { ...ann, password: 'wrong' }),
    'stranger 2': () => post('/recipe/signin', { ...ann, password: 'wrong' }, { priority: 'u=3, i' }),
    owner: () => post('/recipe/signin', ann, { priority: 'u=1' }),
    reset: () => post('/recipe/user/password/reset', { method: 'token', token, newPassword: 'another horse' }),
    change: () => server.inject({ method: 'PUT', url: '/recipe/user', payload: JSON.stringify({ recipeUserId: 'bob', password: 'another horse' }) })
  }).map(async ([name, ask]) => {
    const { statusCode } = await ask()
    order.push(name)
    return statusCode
  })
  t.equal((await post('/recipe/user/password/reset', { method: 'token', token: `${other}x`, newPassword: 'another horse' })).json().status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR', 'what is no token needs no hash')
  await end('running', 0)
  t.strictSame(await Promise.all(asked), [200, 200, 200, 200, 200])
  t.ok(order.indexOf('owner') < order.indexOf('stranger 2'), order.join())
})
