import t from 'tap'
import { createConcurrency } from '../../src/outage/concurrency.js'

/** Lets what waits for promises go on. */
async function settle (): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Time that passes only when it is told to. */
function createTime () {
  let now = 0
  const alarms = new Set<{ at: number, run: () => void }>()
  return {
    elapsed: () => now,
    after (milliseconds: number, run: () => void) {
      const alarm = { at: now + milliseconds, run }
      alarms.add(alarm)
      return () => { alarms.delete(alarm) }
    },
    async advance (milliseconds: number) {
      await settle()
      for (const end = now + milliseconds; ;) {
        const [next] = [...alarms].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)
        if (next === undefined) { now = end; break }
        now = next.at
        alarms.delete(next)
        next.run()
        await settle()
      }
    },
    get open () { return alarms.size }
  }
}

/** Work that takes a while, and what became of it. */
function createLoad (most: number, maxWait: number) {
  const time = createTime()
  const run = createConcurrency(most, { maxWait, elapsed: time.elapsed, after: time.after })
  const served: number[] = []
  const refused: Array<{ after: number, retryAfter: number, code: string }> = []
  function arrive (takesMs: number): void {
    const at = time.elapsed()
    run(async () => {
      served.push(time.elapsed() - at)
      await new Promise<void>((resolve) => { time.after(takesMs, resolve) })
    }).catch(({ code, retryAfter }: { code: string, retryAfter: number }) => { refused.push({ after: time.elapsed() - at, code, retryAfter }) })
  }
  return { time, arrive, served, refused }
}

t.test('a healthy service refuses nobody, however slow its work is', async (t) => {
  for (const takesMs of [5, 100, 9000]) {
    const { time, arrive, served, refused } = createLoad(10, 2000)
    for (let i = 0; i < 500; i++) {
      arrive(takesMs)
      await time.advance(takesMs / 9)
    }
    await time.advance(takesMs)
    t.strictSame([served.length, refused.length], [500, 0], `${takesMs} ms each, nine at a time`)
    t.equal(Math.max(...served), 0, 'nobody waits')
  }
})

t.test('a burst that can be served in time is served', async (t) => {
  const { time, arrive, served, refused } = createLoad(10, 2000)
  arrive(100)
  await time.advance(100)
  for (let i = 0; i < 50; i++) arrive(100)
  await time.advance(1000)
  t.strictSame([served.length, refused.length], [51, 0])
  t.equal(Math.max(...served), 400)
})

t.test('an overloaded one serves as much as it can, all of it in time, and refuses the rest at once', async (t) => {
  for (const maxWait of [500, 2000]) {
    const { time, arrive, served, refused } = createLoad(10, maxWait)
    // Three times as many as it can serve, of 400 ms each.
    for (let i = 0; i < 1500; i++) {
      arrive(400)
      await time.advance(400 / 30)
    }
    await time.advance(10_000)
    t.equal(served.length + refused.length, 1500)
    t.ok(served.length >= 490, `${served.length} were served, as many as there was time for`)
    t.ok(Math.max(...served) <= maxWait, `${Math.max(...served)} ms at most`)
    t.ok(refused.filter(({ after }) => after > 0).length < 100, 'all but a few at once: those whose turn came later than was thought')
    t.ok(refused.every(({ after }) => after <= maxWait))
    t.match(refused[0], { code: 'AUTH_OVERLOADED', retryAfter: /^[1-9]/ })
    t.equal(time.open, 0, 'no timer is left')
  }
})

t.test('work that becomes slow sheds those who would wait too long, the last ones first', async (t) => {
  const { time, arrive, served, refused } = createLoad(2, 1000)
  arrive(10)
  await time.advance(10)
  for (let i = 0; i < 2; i++) arrive(8000)
  for (let i = 0; i < 8; i++) arrive(10)
  t.equal(refused.length, 0, 'it has been fast so far')
  await time.advance(1000)
  t.strictSame(refused.map(({ after }) => after), Array.from({ length: 8 }, () => 1000), 'nothing ends, and nobody waits for ever')
  await time.advance(7000)
  t.equal(served.length, 3)
})

t.test('a line has an end, and where nothing may wait nothing does', async (t) => {
  const long = createLoad(2, 60_000)
  for (let i = 0; i < 30; i++) long.arrive(1)
  await long.time.advance(0)
  t.equal(long.refused.length, 0 + 30 - 2 - 8)
  await long.time.advance(100)
  t.equal(long.served.length, 10)
  const none = createLoad(2, 0)
  for (let i = 0; i < 5; i++) none.arrive(1)
  await none.time.advance(10)
  t.strictSame([none.served.length, none.refused.length], [2, 3])
})
