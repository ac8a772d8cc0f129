import t from 'tap'
import { sampleAuditSinks } from '../../src/metrics/audit-sinks.js'
import { createInstruments } from '../../src/metrics/instruments.js'
import { readScrape } from './scrape.js'

t.test('sinks of audit events say how far behind they are, and what they gave up', async (t) => {
  const instruments = await createInstruments(() => undefined)
  const healthy = { name: 'file', written: 12, failed: 0, waiting: 0, dropped: 0, refused: 0, isFailing: false }
  const failing = { name: 'webhook', written: 5, failed: 9, waiting: 7, oldest: Date.now() - 60_000, dropped: 2, refused: 1, isFailing: true }
  sampleAuditSinks(instruments, () => [healthy, failing])
  const { value } = readScrape((await instruments.text(undefined)).body)
  const of = (sink: string) => ['written_total', 'failures_total', 'waiting', 'dropped_total', 'refused', 'failing'].map((name) => value(`audit_sink_${name}`, { sink }))
  t.same(of('file'), [12, 0, 0, 0, 0, 0])
  t.same(of('webhook'), [5, 9, 7, 2, 1, 1])
  t.equal(value('audit_sink_lag_seconds', { sink: 'file' }), 0)
  t.ok(value('audit_sink_lag_seconds', { sink: 'webhook' }) >= 60)
})
