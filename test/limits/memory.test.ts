import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createSketch } from '../../src/limits/sketch.js'
import { createTable, type Entry } from '../../src/limits/table.js'

const MOST_MB = 100
const later = (seconds = 600): number => Date.now() + seconds * 1000
const added = (count: number, expiresAt = later()): Entry => ({ count, expiresAt, isAdded: true })

t.test('millions of distinct keys cost at most a hundred megabytes, and no count starts again', async (t) => {
  // What V8 sets aside for short-lived objects is none of ours: 60 MB on Node 24, where it grows with the work.
  const child = fork(fileURLToPath(new URL('million-keys.js', import.meta.url)), { execArgv: ['--expose-gc', '--max-semi-space-size=4'] })
  const [{ grown, counts, marks }] = await once(child, 'message') as [{ grown: Record<string, { heap: number, rss: number }>, counts: Record<string, number>, marks: number }]
  for (const [name, { heap, rss }] of Object.entries(grown)) {
    t.comment(`after a flood of ${name}: heap and buffers ${heap.toFixed(1)} MB, resident ${rss.toFixed(1)} MB`)
    t.ok(heap <= MOST_MB, `${name}: ${heap} MB`)
    t.ok(rss <= MOST_MB, `${name}: ${rss} MB`)
  }
  t.ok(counts.alice! >= 29, 'an account under attack')
  t.ok(counts.bob! >= 4, 'an account with a few failures')
  t.equal(counts.secondFactor, 4, 'strangers do not reach it')
  t.ok(counts.newcomer! <= 2, 'who was never counted is hardly mistaken for somebody else')
  t.equal(marks, 0, 'a mark is what was put, never what another counter has left behind')
})

t.test('of counters that share a place the lowest is dropped, of equal ones the one that expires first', async (t) => {
  const dropped: number[] = []
  const table = createTable(16, (id) => { dropped.push(id) })
  for (let id = 0; id < 14; id++) table.set(id, added(5))
  table.set(14, added(2, later(900)))
  table.set(15, added(2, later(300)))
  for (const id of [16, 17, 18]) table.set(id, added(9))
  t.same(dropped.slice(0, 2), [15, 14])
  t.equal(dropped.length, 3)
  t.equal(table.get(15), undefined)
  t.equal(table.get(16)?.count, 9)
  table.set(16, added(10))
  table.delete(17)
  table.set(20, added(1))
  t.equal(dropped.length, 3, 'nothing is dropped while a place is free')
})

t.test('a sketch never says less than it was told, nor forgets it earlier', async (t) => {
  const sketch = createSketch(64)
  const random = (most: number): number => Math.floor(Math.random() * most)
  const told = Array.from({ length: 300 }, () => ({ id: random(2 ** 48), count: random(50), expiresAt: later(random(5000)) }))
  for (const { id, count, expiresAt } of told) sketch.raise(id, count, expiresAt)
  for (const { id, count, expiresAt } of told) {
    const read = sketch.read(id)
    if (read.count < count || read.expiresAt < expiresAt) t.fail(`${id}: ${count}, ${expiresAt}`, { read })
  }
  t.same(createSketch(64).read(7), { count: 0, expiresAt: 0 })
  t.same(createSketch(2 ** 17).read(random(2 ** 48)), { count: 0, expiresAt: 0 })
})

t.test('what the sketch remembers ends too', async (t) => {
  const sketch = createSketch(64)
  sketch.raise(7, 12, Date.now() - 5000)
  t.equal(sketch.read(7).count, 0)
  sketch.raise(7, 3, later())
  t.equal(sketch.read(7).count, 3)
})
