import { mock } from 'node:test'
import t from 'tap'
import { afterUnref } from '../../src/session/after-unref.js'
import { createTokenCache } from '../../src/session/token-cache.js'
import { VerifiedToken } from '../../src/session/verified-token.js'

/** Clocks that move when they are told to: the wall, and the monotonic one behind `after`. */
function clocks () {
  const timers: { at: number, run: () => void }[] = []
  let monotonic = 0
  const clock = {
    wall: 1_000_000,
    now: () => clock.wall,
    after (milliseconds: number, run: () => void) { timers.push({ at: monotonic + milliseconds, run }) },
    pass (milliseconds: number, { wall = milliseconds } = {}) {
      clock.wall += wall
      const until = monotonic + milliseconds
      for (let next = timers.shift(); next !== undefined; next = timers.shift()) {
        if (next.at > until) {
          timers.unshift(next)
          break
        }
        monotonic = next.at
        next.run()
      }
      monotonic = until
    },
    pending: () => timers.length
  }
  return clock
}

const END = 10_000_000
const entry = (token: string, expiresAt = END) => new VerifiedToken(token, `session of ${token}`, expiresAt, undefined, true, 0, {}, {} as never)
const token = (name: string, tail = name) => `${name}.${tail.padStart(43, '-')}`

t.test('an entry is found by its whole token only', async (t) => {
  const { now, after } = clocks()
  const cache = createTokenCache({ now, after })
  cache.add(entry(token('a', 'tail')))
  t.equal(cache.find(token('a', 'tail'), now())?.token, token('a', 'tail'))
  t.equal(cache.find(token('b', 'tail'), now()), undefined, 'the same signature under another payload')
  t.equal(cache.find('', now()), undefined)
  cache.clear()
  t.equal(cache.size, 0)
  t.equal(cache.find(token('a', 'tail'), now()), undefined)
})

t.test('an entry ends with its token, and after a minute at the latest', async (t) => {
  const clock = clocks()
  const cache = createTokenCache(clock)
  cache.add(entry(token('short'), clock.now() + 1000))
  cache.add(entry(token('long')))
  t.ok(cache.find(token('short'), clock.now() + 999))
  t.notOk(cache.find(token('short'), clock.now() + 1000))
  t.ok(cache.find(token('long'), clock.now() + 59_999))
  t.notOk(cache.find(token('long'), clock.now() + 60_000))
})

t.test('a clock that is set back prolongs nothing', async (t) => {
  const clock = clocks()
  const cache = createTokenCache(clock)
  cache.add(entry(token('a')))
  clock.pass(29_999, { wall: -3_600_000 })
  cache.add(entry(token('b')))
  t.ok(cache.find(token('a'), clock.now()))
  clock.pass(30_000, { wall: 0 })
  t.ok(cache.find(token('a'), clock.now()), '59.999 s later')
  clock.pass(1, { wall: 0 })
  t.notOk(cache.find(token('a'), clock.now()), '60 s later')
})

t.test('idle, the cache forgets its tokens and rests', async (t) => {
  const clock = clocks()
  const cache = createTokenCache(clock)
  cache.add(entry(token('a')))
  clock.pass(60_000)
  t.equal(cache.size, 0)
  t.equal(clock.pending(), 0)
  cache.add(entry(token('b')))
  t.equal(clock.pending(), 1)
})

t.test('the cache holds two generations and no more', async (t) => {
  const clock = clocks()
  const cache = createTokenCache({ ...clock, limit: 10 })
  const wrong: string[] = []
  for (let i = 0; i < 1000; i++) {
    cache.add(entry(token(`t${i}`)))
    if (cache.size > 20 && i >= 10) wrong.push(`${cache.size} entries after ${i}`)
    if (cache.find(token(`t${i}`), clock.now()) === undefined) wrong.push(`t${i} is not found`)
  }
  t.same(wrong, [])
  t.ok(cache.find(token('t991'), clock.now()), 'the older generation still counts')
  t.equal(clock.pending(), 1, 'one timer for all')
})

t.test('without clocks of its own it goes by the process\'s, and keeps no process alive', async (t) => {
  const cache = createTokenCache({ after: afterUnref })
  cache.add(entry(token('a'), Date.now() + 5000))
  t.ok(cache.find(token('a'), Date.now()))
})

t.test('a host that lets its fake timers fire empties nothing', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  const cache = createTokenCache({ after: afterUnref })
  cache.add(entry(token('a'), Date.now() + 5000))
  mock.timers.tick(60_000)
  t.equal(cache.size, 1)
})
