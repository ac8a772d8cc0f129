import t, { type Test } from 'tap'
import { MOST_HANDLES, type SessionRevoked } from '../../src/revocations/event.js'
import { announceRevocation, applyRevocation, isEnded, onRevocation } from '../../src/session/ended.js'

const NOW = Math.floor(Date.now() / 1000)

function record (t: Test): SessionRevoked[] {
  const events: SessionRevoked[] = []
  t.teardown(onRevocation((event) => { events.push(event) }))
  return events
}

t.test('what ends here is refused from then on, and told in events that others can read', (t) => {
  const events = record(t)
  const handles = Array.from({ length: 2 * MOST_HANDLES + 1 }, (_, i) => `many-${i}`)
  t.notOk(isEnded('many-0', {}))
  announceRevocation({ sessionHandles: handles, userId: 'u', reason: 'operator' })
  for (const handle of handles) t.ok(isEnded(handle, {}))
  t.strictSame(events.map(({ sessionHandles }) => sessionHandles?.length), [MOST_HANDLES, MOST_HANDLES, 1])
  t.strictSame(events.flatMap(({ sessionHandles }) => sessionHandles), handles)
  t.match(events[0], { type: 'session-revoked', userId: 'u', reason: 'operator', at: Number })
  announceRevocation({ sessionHandles: [], reason: 'ended' })
  t.equal(events.length, 3, 'nothing has ended')
  t.notOk(isEnded('another', { sub: 'u', iat: NOW - 5 }), 'the user has other sessions')
  t.end()
})

t.test('what another replica says is refused, and not told again', (t) => {
  const events = record(t)
  applyRevocation({ type: 'session-revoked', sessionHandles: ['elsewhere'], at: Date.now(), reason: 'ended' })
  t.ok(isEnded('elsewhere', {}))
  t.strictSame(events, [])
  t.end()
})

t.test('all tokens of a user that were issued until then', (t) => {
  announceRevocation({ userId: 'bob', at: NOW * 1000 + 500, reason: 'user-deleted' })
  t.ok(isEnded('x', { sub: 'bob', iat: NOW - 1, tId: 'public' }))
  t.ok(isEnded('x', { sub: 'bob', iat: NOW }), 'the same second')
  t.notOk(isEnded('x', { sub: 'bob', iat: NOW + 1 }), 'signed in since')
  for (const iat of [undefined, '5', NaN]) t.ok(isEnded('x', { sub: 'bob', iat }), 'nobody knows since when')
  t.notOk(isEnded('x', { sub: 'carol', iat: NOW - 1 }))
  applyRevocation({ type: 'session-revoked', userId: 'bob', at: 5, reason: 'ended' })
  t.ok(isEnded('x', { sub: 'bob', iat: NOW }), 'an older event takes nothing back')
  t.end()
})

t.test('those of one tenant', (t) => {
  announceRevocation({ userId: 'dave', tenantId: 't1', at: NOW * 1000, reason: 'ended' })
  t.ok(isEnded('x', { sub: 'dave', iat: NOW, tId: 't1' }))
  t.notOk(isEnded('x', { sub: 'dave', iat: NOW, tId: 't2' }))
  announceRevocation({ userId: 'dave', tenantId: 't3', at: NOW * 1000, reason: 'ended' })
  for (const tId of ['t1', 't3']) t.ok(isEnded('x', { sub: 'dave', iat: NOW, tId }), 'a second one does not take the place of the first')
  t.end()
})

t.test('the memory has a ceiling: the oldest are forgotten first', (t) => {
  announceRevocation({ sessionHandles: ['oldest'], reason: 'ended' })
  for (let i = 0; i < 500; i++) applyRevocation({ type: 'session-revoked', sessionHandles: Array.from({ length: MOST_HANDLES }, (_, j) => `flood-${i}-${j}`), at: 0, reason: 'ended' })
  t.notOk(isEnded('oldest', {}))
  t.ok(isEnded('flood-0-0', {}))
  t.end()
})
