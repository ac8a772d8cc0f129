import { appendFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { newChain, nextLine } from '../../src/audit/chain.js'
import { EVENT_TYPES } from '../../src/audit/event-types.js'
import { filtersIn, resultsOf } from '../../src/audit/reader/filters.js'
import { type AuditQuery, createAuditReader, readAudit } from '../../src/audit/reader/reader.js'
import { createFileSink } from '../../src/audit/sinks/file.js'
import type { AuditEvent } from '../../src/index.js'
import { createLog, makeEvent } from './events.js'

const NOON = Date.parse('2026-11-30T12:00:00Z')
const at = (minutes: number): { time: string } => ({ time: new Date(NOON + minutes * 60_000).toISOString() })

/** A file with these events, still open. */
function written (t: Test, events: readonly AuditEvent[] = []) {
  const path = join(t.testdir(), 'audit.log')
  const sink = createFileSink({ path }, createLog())
  t.teardown(() => sink.close(0))
  for (const event of events) sink.write(event)
  return { path, write: (...more: AuditEvent[]) => { for (const event of more) sink.write(event) } }
}

/** Many lines, without a file that is written line by line. */
function manyLines (count: number, event: (index: number) => Partial<AuditEvent>): string {
  let head = newChain()
  const first = makeEvent()
  return Array.from({ length: count }, (_, index) => {
    const next = nextLine(head, { event: { ...first, ...event(index) } }, undefined)
    head = next.head
    return next.text
  }).join('')
}

const sessions = (count: number, from = 0): AuditEvent[] => Array.from({ length: count }, (_, index) => makeEvent('session.revoked', { sessionHandle: `s${from + index}`, ...at(from + index) }))
const handles = (events: readonly AuditEvent[]): string[] => events.map(({ sessionHandle = '' }) => sessionHandle)
const numbers = (from: number, to: number): string[] => Array.from({ length: from - to + 1 }, (_, index) => `s${from - index}`)

t.test('a page begins with the newest event, and a cursor stays right while lines are added and the file is rotated', async (t) => {
  const { path, write } = written(t, sessions(10))
  const first = await readAudit(path, { limit: 4 })
  t.strictSame(handles(first.events), numbers(9, 6))
  t.equal(first.damaged, 0)
  write(...sessions(3, 10))
  const second = await readAudit(path, { limit: 4, cursor: first.next })
  t.strictSame(handles(second.events), numbers(5, 2))
  renameSync(path, `${path}.1`)
  write(...sessions(2, 13))
  const third = await readAudit(path, { limit: 4, cursor: second.next })
  t.strictSame(handles(third.events), numbers(1, 0))
  t.notOk('next' in third)
  t.strictSame(handles((await readAudit(path)).events), numbers(14, 0), 'over both files')
  const over = await readAudit(path, { limit: 3 })
  t.strictSame(handles((await readAudit(path, { cursor: over.next })).events), numbers(11, 0))
})

t.test('rotated files are read in the order of what is in them, whatever they are called', async (t) => {
  const { path, write } = written(t, sessions(2))
  for (const [index, name] of ['-20261128', '.2', '.1'].entries()) {
    // Another time for the first line of each.
    while (Date.now() === statSync(path).birthtimeMs);
    renameSync(path, path + name)
    write(...sessions(2, 2 * (index + 1)))
  }
  writeFileSync(`${path}.3.gz`, 'compressed')
  writeFileSync(`${path}.notes`, 'no audit')
  renameSync(`${path}.2`, `${path}.9`)
  t.match(await readAudit(path), { damaged: 0, compressed: 1 })
  t.strictSame(handles((await readAudit(path)).events), numbers(7, 0))
  rmSync(path)
  t.strictSame(handles((await readAudit(path)).events), numbers(5, 0), 'also while there is no present file')
})

t.test('filters: each of them, and all together', async (t) => {
  const { path } = written(t, [
    makeEvent('first-factor.failed', { userId: 'bob', requestId: 'r1', ...at(0) }),
    makeEvent('second-factor.reset', { actor: 'key:ops for jane', ...at(1) }),
    makeEvent('session.revoked', { actor: 'key:ops', requestId: 'r2', ...at(2) }),
    makeEvent('second-factor.locked', at(3)),
    makeEvent('session.all-revoked', { actor: 'key:ops2', userId: 'bob', ...at(4) })
  ])
  const types = async (query: AuditQuery): Promise<string[]> => (await readAudit(path, query)).events.map(({ type }) => type)
  t.strictSame(await types({ userId: 'bob' }), ['session.all-revoked', 'first-factor.failed'])
  t.strictSame(await types({ type: 'session' }), ['session.all-revoked', 'session.revoked'])
  t.strictSame(await types({ type: 'session.revoked' }), ['session.revoked'])
  t.strictSame(await types({ actor: 'key:ops' }), ['session.revoked', 'second-factor.reset'])
  t.strictSame(await types({ result: 'failed' }), ['first-factor.failed'])
  t.strictSame(await types({ result: 'warning' }), ['second-factor.locked'])
  t.strictSame(await types({ requestId: 'r2' }), ['session.revoked'])
  t.strictSame(await types({ since: NOON + 60_000, until: NOON + 2 * 60_000 }), ['session.revoked', 'second-factor.reset'])
  t.strictSame(await types({ without: ['session.revoked'], result: 'ok' }), ['session.all-revoked', 'second-factor.reset'])
  t.strictSame(await types({ userId: 'bob', type: 'session' }), ['session.all-revoked'])
  t.strictSame(Object.keys(EVENT_TYPES).filter((type) => resultsOf(type).includes('failed')), ['first-factor.failed', 'first-factor.limited', 'code.wrong', 'code.refused', 'contest.refused', 'browser.refused', 'client.refused', 'admin.refused', 'backup.failed'])
})

t.test('times are read as people write them, and nothing that is misspelt is left out', (t) => {
  const times = { '1h': NOON - 3_600_000, '2026-11-30': NOON - 12 * 3_600_000, '2026-11-30T12:00': NOON, '2026-11-30 12:00:00.000': NOON, '2026-11-30T13:00+01:00': NOON, '2026-11-30T12:00Z': NOON }
  for (const [text, time] of Object.entries(times)) t.match(filtersIn({ since: text }, NOON), { filters: { since: time }, wrong: [] }, text)
  for (const since of ['yesterday', '2026-13-01', '-1h', '1h ago', '']) t.strictSame(filtersIn({ since }).wrong, ['since'], since)
  t.strictSame(filtersIn({ type: 'sess', result: 'good', until: 'x' }).wrong, ['type', 'result', 'until'])
  t.strictSame(filtersIn({ type: 'session' }).wrong, [])
  t.end()
})

t.test('attack: a huge file and a filter that finds nothing hold nobody up', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  const lines = manyLines(2000, (index) => ({ userId: index === 7 ? 'rare' : 'alice', reason: 'x'.repeat(120), ...at(index) }))
  writeFileSync(path, lines)
  const most = 100_000
  const query = { userId: 'rare' }
  let [page, calls, turns] = [await readAudit(path, query, { most }), 1, 0]
  t.match(page, { events: [], incomplete: true, lookedBackTo: String, next: String })
  t.ok(page.lookedBackTo! > at(2000 - 2 * most * 2000 / lines.length).time, 'it stops where it has looked at enough')
  const immediate = setInterval(() => { turns++ }, 0)
  while (page.events.length === 0 && page.next !== undefined) {
    page = await readAudit(path, { ...query, cursor: page.next }, { most })
    calls++
  }
  clearInterval(immediate)
  t.match(page.events, [{ userId: 'rare' }])
  t.ok(calls >= Math.floor(lines.length / most), `${calls} calls`)
  t.ok(turns > 0, 'others had their turns')
  const early = await readAudit(path, { until: NOON + 60_000 }, { most: 2 * most })
  t.match(early, { events: [{ ...at(1) }, { ...at(0) }] }, 'what is far back is found without reading all that came after')
  t.notOk('incomplete' in early)
  t.notOk('next' in await readAudit(path, { userId: 'rare', since: NOON + 1950 * 60_000 }, { most }), 'and what is too old is not looked at')
})

t.test('attack: a line without an end is never in memory as a whole', async (t) => {
  const { path } = written(t, sessions(1))
  writeFileSync(`${path}.1`, Buffer.alloc(3 * 1024 * 1024, 'x'))
  let [page, calls, damaged] = [await readAudit(path, {}, { most: 512 * 1024 }), 1, 0]
  t.strictSame(handles(page.events), ['s0'])
  while (page.next !== undefined) {
    damaged += page.damaged
    page = await readAudit(path, { cursor: page.next }, { most: 512 * 1024 })
    calls++
  }
  t.ok(calls > 4 && damaged > 4, `${calls} calls, ${damaged} pieces`)
})

t.test('damaged lines are counted, and a line that is on its way is not', async (t) => {
  const { path, write } = written(t, sessions(4))
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const forged = (event: unknown): string => nextLine(newChain(), { event: event as AuditEvent }, undefined).text.trimEnd()
  const odd = ['', 'no json', '{"sequence":1}', lines[2]!.replace('s1', 's9'), '\u0000'.repeat(20), '\u2028', forged(5), forged({ id: 'x', type: 'y', time: 'z' }), forged({ id: {}, type: 'y', time: at(0).time })]
  writeFileSync(path, [...lines.slice(0, 2), ...odd, ...lines.slice(3), '{"sequence":6,"prev'].join('\n'))
  const page = await readAudit(path)
  t.strictSame(handles(page.events), ['s3', 's2', 's0'])
  t.equal(page.damaged, odd.length)
  const strange = forged({ ...makeEvent(), userId: { toString: 1 }, count: 'many', surprise: '<b>', reason: 'kept' })
  appendFileSync(path, `\n${strange}\n`)
  const { events: [event], damaged } = await readAudit(path, { limit: 1 })
  t.strictSame(Object.keys(event!).sort(), ['id', 'reason', 'time', 'type'], 'only what is known, of the type that it should have')
  t.equal(damaged, 0)
  rmSync(path)
  write(...sessions(1, 5))
  t.strictSame(handles((await readAudit(path)).events), ['s5'])
})

t.test('attack: cursors that were made up, cut or belong to another file are refused, and read nothing else', async (t) => {
  const { path } = written(t, sessions(30))
  const { next = '' } = await readAudit(path, { limit: 10 })
  const parts = Buffer.from(next, 'base64url').toString().split('.')
  const made = (index: number, value: string | number): string => Buffer.from(parts.map((part, place) => place === index ? value : part).join('.')).toString('base64url')
  const secret = join(dirname(path), 'secret')
  writeFileSync(secret, 'a secret\n'.repeat(100))
  const cursors = ['', 'x', next.slice(0, -2), `${next}AAAA`, made(0, statSync(secret).ino), made(0, 1), made(1, 5), made(1, '9'.repeat(15)), made(1, '-1'), made(2, 999), made(3, '0'.repeat(16))]
  for (const cursor of cursors) await t.rejects(readAudit(path, { cursor }), { code: 'AUTH_OPERATION_REFUSED' }, cursor)
  t.equal((await readAudit(path, { limit: 10, cursor: next })).events.length, 10)
  truncateSync(path, 500)
  await t.rejects(readAudit(path, { cursor: next }), { message: /not there any more/ }, 'a file that was cut')
  for (const limit of [0, 501, 1.5, NaN]) await t.rejects(readAudit(path, { limit }), { code: 'AUTH_OPERATION_REFUSED' })
})

t.test('an app reads for a few at a time, and says so if it cannot', async (t) => {
  const { path } = written(t, sessions(2))
  const reader = createAuditReader(path)
  const pages = await Promise.allSettled(Array.from({ length: 20 }, () => reader.read({})))
  t.ok(pages.some(({ status }) => status === 'fulfilled'))
  t.match(pages.find(({ status }) => status === 'rejected'), { reason: { code: 'AUTH_OVERLOADED', retryAfter: Number } })
  await t.rejects(createAuditReader(join(path, 'below')).read({}), { code: 'AUTH_AUDIT_UNAVAILABLE', statusCode: 503 })
})
