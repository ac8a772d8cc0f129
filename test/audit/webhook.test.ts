import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AuditEvent } from '../../src/index.js'
import { createDelivery } from '../../src/audit/webhook/delivery.js'
import type { Clock } from '../../src/system-clock.js'
import type { Outbox } from '../../src/audit/webhook/outbox.js'
import { openSqliteOutbox } from '../../src/audit/webhook/sqlite-outbox.js'
import { createCertificate } from '../delivery/mail/certificate.js'
import { until } from '../faults/until.js'
import { createLog, makeEvent } from './events.js'
import { SECRET, startReceiver } from './receiver.js'

/** Time that passes when the test says so. */
function createClock () {
  let now = Date.now()
  let timers: Array<{ at: number, run: () => void }> = []
  const clock: Clock = {
    now: () => now,
    after (milliseconds, run) {
      const timer = { at: now + milliseconds, run }
      timers.push(timer)
      return () => { timers = timers.filter((other) => other !== timer) }
    }
  }
  return {
    clock,
    /** How long the next one waits. */
    pause: () => timers[0] === undefined ? undefined : timers[0].at - now,
    pass (milliseconds: number) {
      now += milliseconds
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { run } of due) run()
    }
  }
}

async function start (t: Test, { url, secrets = [SECRET], timeout = 20_000, most = 1000, file = join(t.testdir(), 'outbox.sqlite') }: { url: string, secrets?: string[], timeout?: number, most?: number, file?: string }) {
  const outbox = await openSqliteOutbox(file, most)
  const log = createLog()
  const time = createClock()
  const delivery = createDelivery({ url, secrets, timeout, outbox, log, clock: time.clock })
  t.teardown(() => delivery.close(0).catch(() => {}))
  return { outbox, log, delivery, file, ...time }
}

const add = (outbox: Outbox, ...events: AuditEvent[]): void => { for (const event of events) outbox.add(event) }

t.test('events arrive once, signed by Standard Webhooks, and each user\'s in their order', async (t) => {
  const receiver = await startReceiver(t)
  const { outbox, delivery, file } = await start(t, { url: receiver.url })
  t.equal(statSync(file).mode & 0o777, 0o600)
  const users = ['alice', 'bob', 'carol']
  const events = Array.from({ length: 60 }, (_, i) => makeEvent('second-factor.passed', { userId: users[i % 3]! }))
  // Answers that overtake each other.
  receiver.answer = async ({ userId }) => {
    if (userId === 'alice') await setImmediate()
    return 204
  }
  add(outbox, ...events)
  await until('all are there', () => receiver.received.length === 60 && delivery.figures().waiting === 0)
  for (const user of users) {
    const idsOf = (list: AuditEvent[]) => list.filter(({ userId }) => userId === user).map(({ id }) => id)
    t.same(idsOf(receiver.received.map(({ event }) => event)), idsOf(events))
  }
  const [{ id, headers, body, event }] = receiver.received as [typeof receiver.received[0], ...unknown[]] as never as [typeof receiver.received[0]]
  t.equal(id, event.id)
  t.match(headers, { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': /^\d{10}$/, 'webhook-signature': /^v1,[A-Za-z0-9+/]{43}=$/ })
  t.match(JSON.parse(body), { type: 'second-factor.passed', timestamp: event.time, data: event })
})

t.test('while secrets are replaced, receivers with either of them take events', async (t) => {
  const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
  for (const secret of [SECRET, other]) {
    const receiver = await startReceiver(t, secret)
    const { outbox, delivery } = await start(t, { url: receiver.url, secrets: [other, SECRET], file: join(t.testdir(), `${secret.length}.sqlite`) })
    add(outbox, makeEvent())
    await until('it is there', () => receiver.taken().length === 1)
    await delivery.close(1000)
  }
  const stranger = await startReceiver(t, `whsec_${Buffer.alloc(24, 1).toString('base64')}`)
  const { outbox, delivery } = await start(t, { url: stranger.url })
  add(outbox, makeEvent())
  await until('it was refused', () => delivery.figures().isFailing)
  t.match(delivery.figures(), { waiting: 1, refused: 0 }, 'a wrong secret loses nothing')
})

t.test('a receiver that is down is asked ever less often, said once, and loses nothing', async (t) => {
  const receiver = await startReceiver(t, null)
  receiver.answer = () => 503
  const { outbox, log, delivery, pause, pass } = await start(t, { url: receiver.url })
  const events = Array.from({ length: 5 }, () => makeEvent())
  add(outbox, ...events)
  const pauses: number[] = []
  for (let i = 0; i < 12; i++) {
    await until('it failed', () => pause() !== undefined)
    pauses.push(pause()!)
    pass(pause()!)
    if (i === 3) receiver.headers = { 'retry-after': '1800' }
    if (i === 4) receiver.headers = {}
  }
  t.ok(pauses[0]! >= 500 && pauses[0]! <= 1000, String(pauses[0]))
  t.ok(pauses[2]! >= 2000 && pauses[2]! <= 4000)
  t.equal(pauses.filter((one) => one === 1_800_000).length, 1, 'or when the receiver says')
  t.ok(pauses.at(-1)! >= 150_000 && pauses.at(-1)! <= 300_000)
  t.match(delivery.figures(), { waiting: 5, isFailing: true, dropped: 0, oldest: Date.parse(events[0]!.time) })
  t.ok(delivery.figures().failed! >= 12, 'each attempt counts')
  receiver.answer = () => 200
  await until('all are there', () => {
    pass(pause() ?? 0)
    return delivery.figures().waiting === 0
  })
  t.same(receiver.taken(), events.map(({ id }) => id))
  t.equal(log.lines.filter(({ level }) => level === 'warn').length, 1)
  t.ok(log.has('takes events again'))
})

t.test('a receiver that hangs is left after the time-out, and one that redirects is not followed', async (t) => {
  const receiver = await startReceiver(t, null)
  receiver.answer = () => undefined
  const hanging = await start(t, { url: receiver.url, timeout: 50 })
  add(hanging.outbox, makeEvent())
  await until('it was left', () => hanging.delivery.figures().isFailing)
  t.equal(hanging.delivery.figures().waiting, 1)
  await hanging.delivery.close(0)

  let followed = 0
  const inside = createServer((_request, response) => { followed++; response.end('secret') })
  await new Promise<void>((resolve) => { inside.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { inside.close() })
  receiver.answer = () => 307
  receiver.headers = { location: `http://127.0.0.1:${(inside.address() as AddressInfo).port}/` }
  const redirected = await start(t, { url: receiver.url, file: join(t.testdir(), 'other.sqlite') })
  add(redirected.outbox, makeEvent())
  await until('it failed', () => redirected.delivery.figures().isFailing)
  t.equal(followed, 0)
  t.equal(redirected.delivery.figures().waiting, 1)
})

t.test('a receiver whose certificate nobody vouches for gets nothing', async (t) => {
  const receiver = await startReceiver(t, SECRET, createCertificate())
  const { outbox, delivery } = await start(t, { url: receiver.url })
  add(outbox, makeEvent())
  await until('it failed', () => delivery.figures().isFailing)
  t.equal(receiver.received.length, 0)
  t.equal(delivery.figures().waiting, 1)
})

t.test('an event that the receiver refuses is set aside after five tries, the others go on, and a restart tries again', async (t) => {
  const receiver = await startReceiver(t, null)
  const poison = makeEvent('password.changed', { userId: 'alice' })
  receiver.answer = ({ id }) => id === poison.id ? 422 : 204
  const { outbox, log, delivery, pause, pass, file } = await start(t, { url: receiver.url })
  const behind = makeEvent('session.revoked', { userId: 'alice' })
  const others = [makeEvent('session.revoked', { userId: 'bob' }), makeEvent('session.revoked', { userId: 'carol' })]
  add(outbox, poison, behind, ...others)
  await until('others are there', () => others.every(({ id }) => receiver.taken().includes(id)))
  t.notOk(receiver.taken().includes(behind.id), 'those of the same user wait')
  while (delivery.figures().refused === 0) {
    await until('it failed', () => pause() !== undefined || delivery.figures().refused > 0)
    pass(pause() ?? 0)
  }
  await until('the one behind it is there', () => delivery.figures().waiting === 0)
  t.ok(receiver.taken().includes(behind.id))
  t.equal(receiver.received.filter(({ id }) => id === poison.id).length, 5)
  t.ok(log.has('refuses an event'))
  t.match(delivery.figures(), { waiting: 0, refused: 1 })
  await delivery.close(1000)
  receiver.answer = () => 204
  const again = await start(t, { url: receiver.url, file })
  await until('it is there', () => receiver.taken().includes(poison.id))
  t.match(again.delivery.figures(), { refused: 0 })
})

t.test('410 ends delivery until a restart; nothing is lost meanwhile', async (t) => {
  const receiver = await startReceiver(t, null)
  receiver.answer = () => 410
  const { outbox, log, delivery, file, pause } = await start(t, { url: receiver.url })
  add(outbox, makeEvent())
  await until('it is gone', () => delivery.figures().isFailing)
  add(outbox, makeEvent(), makeEvent())
  t.equal(pause(), undefined)
  t.ok(log.has('410'))
  t.match(delivery.figures(), { waiting: 3 })
  await delivery.close(0)
  t.equal(receiver.received.length, 1)
  receiver.answer = () => 204
  await start(t, { url: receiver.url, file })
  await until('all are there', () => receiver.taken().length === 3)
})

t.test('closing delivers what it can until then, and leaves the rest for the next start', async (t) => {
  const receiver = await startReceiver(t, null)
  const { outbox, delivery, file } = await start(t, { url: receiver.url })
  add(outbox, ...Array.from({ length: 200 }, () => makeEvent()))
  await delivery.close(60_000)
  t.equal(receiver.taken().length, 200)
  receiver.answer = () => undefined
  const second = await start(t, { url: receiver.url, file })
  add(second.outbox, makeEvent())
  await second.delivery.close(10)
  const outboxAgain = await openSqliteOutbox(file, 1000)
  t.equal(outboxAgain.figures().waiting, 1)
  await outboxAgain.close()
})
