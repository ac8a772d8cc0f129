import { join } from 'node:path'
import t from 'tap'
import type { AuditEvent } from '../../src/index.js'
import { summarise } from '../../src/audit/webhook/outbox.js'
import { openSqliteOutbox } from '../../src/audit/webhook/sqlite-outbox.js'
import { makeEvent } from './events.js'
import { testOutbox } from './outbox-contract.js'

t.test('an outbox in SQLite', (t) => testOutbox(t, async (t) => {
  const file = join(t.testdir(), 'outbox.sqlite')
  return async (most = 1000) => {
    const outbox = await openSqliteOutbox(file, most)
    t.teardown(async () => { await outbox.close().catch(() => {}) })
    return outbox
  }
}))

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
