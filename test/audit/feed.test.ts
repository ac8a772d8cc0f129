import t from 'tap'
import { createFeed } from '../../src/audit/sinks/feed.js'
import { NoRoom, type Sink } from '../../src/audit/sinks/sink.js'
import type { AuditEvent } from '../../src/index.js'
import { createLog, makeEvent } from './events.js'

/** A sink that takes events, refuses them, or takes its time. */
function createSink (isDurable = true) {
  const taken: AuditEvent[] = []
  const sink = {
    name: 'test',
    isDurable,
    refusal: undefined as Error | undefined,
    waits: undefined as Promise<void> | undefined,
    closed: false,
    write (event: AuditEvent): void | Promise<void> {
      if (sink.refusal !== undefined) throw sink.refusal
      const take = (): void => { taken.push(event) }
      return sink.waits === undefined ? take() : sink.waits.then(take)
    },
    async close () { sink.closed = true }
  }
  return { sink: sink satisfies Sink, taken }
}

const idsOf = (events: AuditEvent[]): string[] => events.map(({ id }) => id)

t.test('what a durable sink does not take waits in its order, and is said once', async (t) => {
  const { sink, taken } = createSink()
  const log = createLog()
  const feed = createFeed(sink, log)
  const events = Array.from({ length: 6 }, () => makeEvent())
  t.equal(feed.add(events[0]!), true)
  sink.refusal = new Error('ENOSPC')
  for (const event of events.slice(1, 5)) t.equal(feed.add(event), false)
  t.match(feed.state(), { name: 'test', written: 1, failed: 4, waiting: 4, dropped: 0, isFailing: true, oldest: Date.parse(events[1]!.time) })
  sink.refusal = undefined
  t.equal(feed.add(events[5]!), true)
  t.same(idsOf(taken), idsOf(events))
  t.match(feed.state(), { written: 6, waiting: 0, isFailing: false, oldest: undefined })
  t.same(log.lines.map(({ text }) => text), ['the audit sink does not take events', 'the audit sink works again'])
  await feed.close(100)
  t.ok(sink.closed)
})

t.test('a flood while a sink is away drops attempts of strangers first, and counts them', async (t) => {
  const { sink, taken } = createSink()
  const feed = createFeed(sink, createLog())
  sink.refusal = new Error('ENOSPC')
  const act = makeEvent('second-factor.reset')
  const login = makeEvent('first-factor.passed')
  feed.add(act)
  feed.add(login)
  for (let i = 0; i < 3000; i++) feed.add(makeEvent('first-factor.failed'))
  t.match(feed.state(), { waiting: 1000, dropped: 2002 })
  sink.refusal = undefined
  feed.retry()
  t.same(idsOf(taken.slice(0, 2)), [act.id, login.id])
  t.match(taken.at(-1), { type: 'audit.dropped', dropped: 'first-factor.failed', count: 2002 })
  t.equal(taken.length, 1001)
  await feed.close(0)
})

t.test('an event without room is dropped at once, and said when there is room again', async (t) => {
  const { sink, taken } = createSink()
  const feed = createFeed(sink, createLog())
  sink.refusal = new NoRoom('full')
  t.equal(feed.add(makeEvent('first-factor.failed')), false)
  t.match(feed.state(), { waiting: 0, dropped: 1, isFailing: true })
  sink.refusal = undefined
  t.equal(feed.add(makeEvent()), true)
  t.match(taken, [{ type: 'first-factor.passed' }, { type: 'audit.dropped', dropped: 'first-factor.failed', count: 1 }])

  // Where events are required, nothing happens meanwhile that could show that there is room again.
  sink.refusal = new NoRoom('full')
  feed.add(makeEvent('password.changed'))
  for (let i = 0; i < 3; i++) feed.retry()
  t.match(feed.state(), { dropped: 2, isFailing: true })
  sink.refusal = undefined
  feed.retry()
  t.match(feed.state(), { dropped: 2, isFailing: false })
  t.match(taken.at(-1), { type: 'audit.dropped', dropped: 'password.changed', count: 1 })
  await feed.close(0)
})

t.test('a sink that takes its time is waited for, one event after the other', async (t) => {
  const { sink, taken } = createSink()
  const feed = createFeed(sink, createLog())
  let release = (): void => {}
  const promise = new Promise<void>((resolve) => { release = resolve })
  sink.waits = promise
  const first = feed.add(makeEvent())
  const second = feed.add(makeEvent())
  t.ok(first instanceof Promise && second instanceof Promise)
  t.equal(taken.length, 0)
  release()
  t.same(await Promise.all([first, second]), [true, true])
  let fail = (_err: Error): void => {}
  sink.waits = new Promise<void>((_resolve, reject) => { fail = reject })
  const third = feed.add(makeEvent())
  const fourth = feed.add(makeEvent())
  fail(new Error('gone'))
  t.same(await Promise.all([third, fourth]), [false, false], 'nobody waits for what will not come')
  t.match(feed.state(), { waiting: 2, isFailing: true })
  sink.waits = undefined
  await feed.close(100)
  t.equal(taken.length, 4)
})

t.test('a sink of the host that throws costs its own events alone, and one that hangs does not delay the end', async (t) => {
  const { sink } = createSink(false)
  const log = createLog()
  const feed = createFeed(sink, log)
  sink.refusal = new Error('broken')
  for (let i = 0; i < 3; i++) feed.add(makeEvent())
  t.match(feed.state(), { waiting: 0, dropped: 3, failed: 3 })
  t.equal(log.lines.length, 1)
  sink.refusal = undefined
  sink.waits = new Promise(() => {})
  feed.add(makeEvent())
  await feed.close(10)
  t.ok(sink.closed)
  t.ok(log.has('are lost'))
})
