import t from 'tap'
import { createIdempotency, type Change } from '../../src/admin-api/idempotency.js'
import { createKeptAnswers, KEPT_MS, MOST_KEPT, UNDER_WAY_MS } from '../../src/admin-api/kept-answers.js'
import { advance, resetClock } from '../../src/testing/index.js'

const change: Change = { caller: 'ops', key: 'one', method: 'POST', url: '/x', body: { reason: 'r' } }

function counting () {
  const once = createIdempotency(createKeptAnswers())
  let runs = 0
  return { runs: () => runs, send: (more: Partial<Change> = {}) => once({ ...change, ...more }, async () => ({ run: ++runs })) }
}

t.test('requests with one key at the same time are one change', async (t) => {
  const once = createIdempotency(createKeptAnswers())
  let resolve: (answer: object) => void = () => {}
  const promise = new Promise<object>((_resolve) => { resolve = _resolve })
  const first = once(change, () => promise)
  await t.rejects(once(change, async () => t.fail('it is done twice') as never), { code: 'AUTH_IDEMPOTENCY_UNDER_WAY' })
  resolve({ run: 1 })
  t.strictSame(await first, { answer: { run: 1 }, isReplayed: false })
  t.strictSame(await once(change, async () => t.fail('it is done twice') as never), { answer: { run: 1 }, isReplayed: true })
})

t.test('answers are kept for a day, for each caller', async (t) => {
  t.teardown(resetClock)
  const { send, runs } = counting()
  await send()
  t.match(await send({ caller: 'desk' }), { answer: { run: 2 }, isReplayed: false })
  advance(`${KEPT_MS / 1000 - 1}s`)
  t.match(await send(), { answer: { run: 1 }, isReplayed: true })
  advance('2s')
  t.match(await send(), { isReplayed: false })
  t.equal(runs(), 3)
})

t.test('a caller has a ceiling of its own, and the oldest answers go first', async (t) => {
  const { send, runs } = counting()
  await send({ caller: 'desk' })
  for (let i = 0; i <= MOST_KEPT; i++) await send({ key: `key-${i}` })
  const before = runs()
  t.match(await send({ key: `key-${MOST_KEPT}` }), { isReplayed: true })
  t.match(await send({ caller: 'desk' }), { isReplayed: true }, 'no caller pushes out what others have')
  t.equal(runs(), before)
  t.match(await send({ key: 'key-0' }), { isReplayed: false })
})

t.test('a change that a crash has ended can be sent again', async (t) => {
  t.teardown(resetClock)
  const kept = createKeptAnswers()
  await kept.take('ops', 'a', 'print')
  t.match(await kept.take('ops', 'a', 'print'), { print: 'print' })
  advance(`${UNDER_WAY_MS / 1000}s`)
  t.equal(await kept.take('ops', 'a', 'print'), undefined)
})

t.test('what was refused is not kept, and an answer that cannot be kept is still given', async (t) => {
  const once = createIdempotency(createKeptAnswers())
  await t.rejects(once(change, async () => { throw new Error('refused') }), /refused/)
  t.match(await once(change, async () => ({ run: 1 })), { isReplayed: false })
  const failing = createIdempotency({ ...createKeptAnswers(), keep: () => Promise.reject(new Error('down')), drop: () => Promise.reject(new Error('down')) })
  t.match(await failing(change, async () => ({ run: 1 })), { answer: { run: 1 } })
  await t.rejects(failing({ ...change, key: 'two' }, async () => { throw new Error('refused') }), /refused/)
})
