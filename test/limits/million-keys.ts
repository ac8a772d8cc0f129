import { createMemoryStore, type LimitStore } from '../../src/limits/store.js'

/** A flood of millions of distinct keys, in a process of its own. Sends what it has cost and left standing. */
const MB = 2 ** 20
const DAY = 86_400

/** Each of them fills its part of the memory. */
const FLOODS: Record<string, [count: number, add: (store: LimitStore, index: number) => Promise<unknown>]> = {
  passwords: [1_000_000, (store, i) => store.add(`sign-in-account:${i}:failures`, 900, DAY)],
  links: [400_000, (store, i) => store.add(`link-day:${i}`, DAY)],
  codes: [600_000, (store, i) => store.add(`user-day:${i}:0`, DAY)],
  'known addresses': [400_000, (store, i) => store.put(`known:${i}:0`, i, DAY)]
}

function used (): { heap: number, rss: number } {
  globalThis.gc!()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: (heapUsed + arrayBuffers) / MB, rss: rss / MB }
}

/** `Date` stands still, so that nothing expires on a slow machine. */
Date.now = () => 1_900_000_000_000

const before = used()
const store = createMemoryStore()
for (let i = 0; i < 29; i++) await store.add('sign-in-account:alice:failures', 900, DAY)
for (let i = 0; i < 3; i++) await store.add('sign-in-account:bob:failures', 900, DAY)
for (let i = 0; i < 4; i++) await store.add('failures:alice:failures', 21 * DAY)

const grown: Record<string, { heap: number, rss: number }> = {}
for (const [name, [count, add]] of Object.entries(FLOODS)) {
  for (let i = 0; i < count; i++) await add(store, i)
  const after = used()
  grown[name] = { heap: after.heap - before.heap, rss: after.rss - before.rss }
}
const again = await store.add('sign-in-account:newcomer:failures', 900, DAY)

let marks = 0
for (let i = 0; i < 1000; i++) if (await store.get(`sign-in-mark:${i}`) !== undefined) marks++

process.send!({
  grown,
  marks,
  counts: {
    alice: await store.count('sign-in-account:alice:failures'),
    bob: (await store.add('sign-in-account:bob:failures', 900, DAY)).count,
    secondFactor: (await store.get('failures:alice:failures'))?.count,
    newcomer: again.count
  }
})
process.disconnect()
