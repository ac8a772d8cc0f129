import { join } from 'node:path'
import t, { type Test } from 'tap'
import { NoRoom } from '../../src/audit/sinks/sink.js'
import type { AuditEvent } from '../../src/index.js'
import { summarise } from '../../src/audit/webhook/outbox.js'
import { openSqliteOutbox } from '../../src/audit/webhook/sqlite-outbox.js'
import { makeEvent } from './events.js'

async function open (t: Test, most: number) {
  const outbox = await openSqliteOutbox(join(t.testdir(), 'outbox.sqlite'), most)
  t.teardown(() => outbox.close())
  return { ...outbox, all: async () => (await outbox.oldest(100_000)).map(({ event }) => event) }
}

const idsOf = (events: AuditEvent[]): string[] => events.map(({ id }) => id)

t.test('a flood of a stranger\'s attempts does not push out what it is to hide', async (t) => {
  const outbox = await open(t, 1000)
  const breakIn = [makeEvent('first-factor.passed'), makeEvent('second-factor.reset', { actor: 'mallory' }), makeEvent('session.theft-detected')]
  const attempts = Array.from({ length: 2500 }, (_, i) => makeEvent('first-factor.failed', { time: new Date(1e12 + i).toISOString() }))
  for (const event of attempts.slice(0, 10)) outbox.add(event)
  for (const event of breakIn) outbox.add(event)
  for (const event of attempts.slice(10)) outbox.add(event)
  const kept = await outbox.all()
  for (const { id } of breakIn) t.ok(idsOf(kept).includes(id))
  t.ok(kept.length <= 1001, String(kept.length))
  const dropped = kept.filter(({ type }) => type === 'audit.dropped')
  const remaining = kept.filter(({ type }) => type === 'first-factor.failed').length
  t.equal(dropped.reduce((sum, { count = 0 }) => sum + count, 0) + remaining, 2500, 'each is there, or counted')
  t.match(dropped[0], { dropped: 'first-factor.failed', since: attempts[0]!.time })
  t.equal(outbox.figures().dropped, 2500 - remaining)
})

t.test('acts are never dropped for others; where there is room for nothing else, that is said', async (t) => {
  const outbox = await open(t, 1000)
  for (let i = 0; i < 400; i++) outbox.add(makeEvent('first-factor.passed'))
  const acts = Array.from({ length: 1000 }, () => makeEvent('password.changed'))
  let refused = 0
  for (const event of acts) {
    try {
      outbox.add(event)
    } catch (err) {
      t.ok(err instanceof NoRoom)
      refused++
    }
  }
  t.throws(() => outbox.add(makeEvent('first-factor.failed')), /full of events of a higher rank/)
  const kept = await outbox.all()
  t.equal(kept.filter(({ type }) => type === 'first-factor.passed').length, 0)
  t.same(idsOf(kept.filter(({ type }) => type === 'password.changed')), idsOf(acts.slice(0, 1000 - refused)))
  t.match(kept.filter(({ type }) => type === 'audit.dropped'), [{ dropped: 'first-factor.passed', count: 400 }])
})

t.test('what stands for dropped events is counted on', (t) => {
  const one = makeEvent('first-factor.failed', { time: '2026-01-01T00:00:00.000Z' })
  const sum = { type: 'audit.dropped', time: '2026-01-03T00:00:00.000Z', dropped: 'first-factor.failed', count: 7, since: '2025-12-01T00:00:00.000Z', until: '2025-12-31T00:00:00.000Z' } as AuditEvent
  t.same(summarise([one, sum, makeEvent('code.refused', { time: one.time })]), [
    { type: 'first-factor.failed', count: 8, since: sum.since, until: one.time },
    { type: 'code.refused', count: 1, since: one.time, until: one.time }
  ])
  t.end()
})

t.test('an outbox that cannot be used says why', async (t) => {
  const dir = t.testdir({ 'text.sqlite': 'this is no database, but long enough to be one'.repeat(100) })
  await t.rejects(openSqliteOutbox(join(dir, 'missing', 'outbox.sqlite'), 1000), { code: 'AUTH_AUDIT_SINK_UNUSABLE', message: /its directory does not exist/ })
  await t.rejects(openSqliteOutbox(join(dir, 'text.sqlite'), 1000), { code: 'AUTH_AUDIT_SINK_UNUSABLE', message: /not a database/ })
})
