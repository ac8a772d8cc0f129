import t from 'tap'
import { formatEvent, MOST_HANDLES, parseEvent, type SessionRevoked } from '../../src/revocations/event.js'
import { createJournal } from '../../src/revocations/journal.js'

const eventAt = (at: number): SessionRevoked => ({ type: 'session-revoked', sessionHandles: [`h${at}`], at, reason: 'ended' })

function readAll (journal: ReturnType<typeof createJournal>, position: number): (number | undefined)[] {
  const found: (number | undefined)[] = []
  for (let at = position; ; at++) {
    const entry = journal.at(at)
    if (entry === undefined || entry === null) return found
    found.push(entry.event?.at)
  }
}

t.test('whoever was away goes on after the last event that it has', (t) => {
  const journal = createJournal({ start: 's.0', since: 10 })
  t.equal(journal.last, 's.0')
  for (let i = 1; i <= 5; i++) journal.add({ id: `s.${i}`, event: eventAt(i) })
  t.strictSame(readAll(journal, journal.positionAfter('s.0')!), [1, 2, 3, 4, 5])
  t.strictSame(readAll(journal, journal.positionAfter('s.3')!), [4, 5])
  t.strictSame(readAll(journal, journal.positionAfter(journal.last)!), [])
  t.equal(journal.positionAfter('s.6'), undefined)
  t.equal(journal.positionAfter('r.3'), undefined, 'that of another process')
  t.equal(journal.since, 10)
  t.end()
})

t.test('a full journal drops the oldest, and says from when on it has every event', (t) => {
  const journal = createJournal({ start: 's.0', since: 10, most: 100 })
  for (let i = 1; i <= 5000; i++) journal.add({ id: `s.${i}`, event: eventAt(1000 + i) })
  t.equal(readAll(journal, journal.first).length, 100)
  t.equal(journal.since, 5900)
  t.equal(journal.positionAfter('s.4899'), undefined)
  t.equal(journal.positionAfter('s.4900'), journal.first, 'right after the newest that is gone, nothing is missing')
  t.equal(journal.at(journal.first - 1), null)
  t.equal(journal.at(0), null)
  t.strictSame(readAll(journal, journal.positionAfter('s.4998')!), [5999, 6000])
  t.end()
})

t.test('events without a place, and places without an event', (t) => {
  const journal = createJournal({ start: '0', since: 0, most: 3 })
  journal.add({ event: eventAt(1) })
  journal.add({ id: '1' })
  t.equal(journal.last, '1')
  t.strictSame(readAll(journal, 0), [1, undefined])
  t.equal(journal.positionAfter('1'), 2)
  journal.add({ event: eventAt(2) })
  journal.add({ event: eventAt(3) })
  t.equal(journal.positionAfter('0'), undefined, 'what came after it is gone')
  t.equal(journal.since, 1)
  t.end()
})

t.test('a journal that keeps nothing still counts', (t) => {
  const journal = createJournal({ start: '0', since: 0, most: 0 })
  for (let i = 1; i <= 3000; i++) journal.add({ id: String(i), event: eventAt(i) })
  t.equal(journal.at(journal.first), undefined)
  t.equal(journal.since, 3000)
  t.end()
})

t.test('an event says no more than it has to, and anything else is none', (t) => {
  const sessions: SessionRevoked = { type: 'session-revoked', sessionHandles: ['a', 'b'], userId: 'u', at: 5, reason: 'operator' }
  const user: SessionRevoked = { type: 'session-revoked', userId: 'u', tenantId: 't', at: 5, reason: 'user-deleted' }
  const { userId, ...anonymous } = sessions
  t.strictSame(parseEvent(formatEvent(sessions)), anonymous)
  t.notOk(formatEvent(sessions).includes(userId!))
  t.strictSame(parseEvent(formatEvent(user)), user)
  t.equal(parseEvent(JSON.stringify({ ...user, reason: 'of a later version' }))?.reason, 'ended')
  const wrong = [
    '', 'x', 'null', '[]', '5', '{}', { ...user, type: 'other' }, { ...user, userId: undefined }, { ...user, userId: 5 }, { ...user, tenantId: {} }, { ...user, at: '5' },
    { ...user, sessionHandles: [] }, { ...user, sessionHandles: 'a' }, { ...user, sessionHandles: [5] }, { ...user, sessionHandles: [''] }, { ...user, sessionHandles: ['x'.repeat(257)] },
    { ...user, sessionHandles: Array.from({ length: MOST_HANDLES + 1 }, () => 'a') }
  ]
  for (const one of wrong) t.equal(parseEvent(typeof one === 'string' ? one : JSON.stringify(one)), undefined, JSON.stringify(one).slice(0, 80))
  t.end()
})
