import type { Test } from 'tap'
import type { AuditEvent } from '../../src/index.js'
import { NoRoom } from '../../src/audit/sinks/sink.js'
import type { Outbox } from '../../src/audit/webhook/outbox.js'
import { makeEvent } from './events.js'

/** Opens an outbox that a test has for itself, as often as it likes. */
export type OpenOutbox = (most?: number) => Promise<Outbox>

const idsOf = (events: readonly AuditEvent[]): string[] => events.map(({ id }) => id)
const eventsOf = async (outbox: Outbox): Promise<AuditEvent[]> => (await outbox.oldest(100_000)).map(({ event }) => event)
const sumOf = (events: readonly AuditEvent[]): number => events.reduce((sum, { count = 0 }) => sum + count, 0)

/** What every outbox promises, wherever it keeps events. */
export async function testOutbox (t: Test, prepare: (t: Test) => Promise<OpenOutbox>): Promise<void> {
  await t.test('events are kept as they are and in their order, until each is removed', async (t) => {
    const open = await prepare(t)
    const outbox = await open()
    const events = [
      makeEvent('first-factor.passed', { reason: 'none \0, lone \ud800, whole 😀, "quoted" \\u0000 \'; --' }),
      makeEvent('password.changed', { reason: 'x'.repeat(1_000_000) }),
      makeEvent('first-factor.failed', { userId: 'bob' })
    ]
    for (const event of events) await outbox.add(event)
    t.same(await eventsOf(outbox), events)
    t.match(outbox.figures(), { waiting: 3, refused: 0, dropped: 0, oldest: Date.parse(events[0]!.time) })
    t.equal((await outbox.oldest(2)).length, 2)
    const [, second] = await outbox.oldest(3)
    await outbox.remove(second!)
    await outbox.remove(second!)
    await outbox.close()
    const again = await open()
    t.same(idsOf(await eventsOf(again)), [events[0]!.id, events[2]!.id], 'after a restart, too')
    t.equal(again.figures().waiting, 2)
    await Promise.all((await again.oldest(2)).map((entry) => again.remove(entry)))
    t.same(await again.oldest(1), [])
    t.equal(again.figures().waiting, 0)
  })

  await t.test('a flood of a stranger\'s attempts does not push out what it is to hide', async (t) => {
    const outbox = await (await prepare(t))(600)
    const breakIn = [makeEvent('first-factor.passed'), makeEvent('second-factor.reset', { actor: 'mallory' }), makeEvent('session.theft-detected')]
    const attempts = Array.from({ length: 1300 }, (_, i) => makeEvent('first-factor.failed', { time: new Date(1e12 + i).toISOString() }))
    for (const event of [...attempts.slice(0, 10), ...breakIn, ...attempts.slice(10)]) await outbox.add(event)
    const kept = await eventsOf(outbox)
    for (const { id } of breakIn) t.ok(idsOf(kept).includes(id))
    t.ok(kept.length <= 601, String(kept.length))
    const dropped = kept.filter(({ type }) => type === 'audit.dropped')
    const remaining = kept.filter(({ type }) => type === 'first-factor.failed').length
    t.equal(sumOf(dropped) + remaining, 1300, 'each is there, or counted')
    t.match(dropped[0], { id: /^[0-9a-f-]{14}7/, dropped: 'first-factor.failed', since: attempts[0]!.time, until: /Z$/ })
    t.match(outbox.figures(), { dropped: 1300 - remaining, waiting: kept.length })
  })

  await t.test('acts are never dropped for others; where there is room for nothing else, that is said', async (t) => {
    const outbox = await (await prepare(t))(600)
    for (let i = 0; i < 300; i++) await outbox.add(makeEvent('first-factor.passed'))
    const acts = Array.from({ length: 600 }, () => makeEvent('password.changed'))
    let refused = 0
    for (const event of acts) {
      try {
        await outbox.add(event)
      } catch (err) {
        t.ok(err instanceof NoRoom)
        refused++
      }
    }
    await t.rejects(async () => { await outbox.add(makeEvent('first-factor.failed')) }, /full of events of a higher rank/)
    const kept = await eventsOf(outbox)
    t.equal(kept.filter(({ type }) => type === 'first-factor.passed').length, 0)
    t.same(idsOf(kept.filter(({ type }) => type === 'password.changed')), idsOf(acts.slice(0, 600 - refused)))
    t.match(kept.filter(({ type }) => type === 'audit.dropped'), [{ dropped: 'first-factor.passed', count: 300 }])
  })

  await t.test('what a receiver refuses is set aside, and tried again after a restart', async (t) => {
    const open = await prepare(t)
    const outbox = await open()
    const [poison, other] = [makeEvent(), makeEvent()]
    await outbox.add(poison)
    await outbox.add(other)
    const [first] = await outbox.oldest(1)
    await outbox.setAside(first!)
    t.same(idsOf(await eventsOf(outbox)), [other.id])
    t.match(outbox.figures(), { waiting: 1, refused: 1 })
    await outbox.close()
    const again = await open()
    t.same(idsOf(await eventsOf(again)).sort(), [poison.id, other.id].sort())
    t.match(again.figures(), { waiting: 2, refused: 0 })
  })
}
