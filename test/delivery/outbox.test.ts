import t from 'tap'
import { createOutbox } from '../../src/delivery/outbox.js'

const ANA = '+14155550101'
const BEN = '+14155550102'

t.test('messages are listed newest last, with the time of the clock in UTC', async (t) => {
  let time = Date.UTC(2026, 0, 2, 3, 4, 5)
  const outbox = createOutbox({ now: () => time })
  outbox.add({ channel: 'sms', to: ANA, body: 'Your code is 123456', code: '123456' })
  time += 1000
  outbox.add({ channel: 'mail', to: 'ben@example.com', body: 'Open https://app.example/x', link: 'https://app.example/x' })
  t.strictSame(outbox.entries(), [
    { channel: 'sms', to: ANA, body: 'Your code is 123456', code: '123456', time: '2026-01-02T03:04:05.000Z' },
    { channel: 'mail', to: 'ben@example.com', body: 'Open https://app.example/x', link: 'https://app.example/x', time: '2026-01-02T03:04:06.000Z' }
  ])
})

t.test('last gives the newest message, or the newest to one receiver', async (t) => {
  const outbox = createOutbox()
  t.equal(outbox.last(), undefined)
  outbox.add({ channel: 'sms', to: ANA, body: 'one' })
  outbox.add({ channel: 'sms', to: ANA, body: 'two' })
  outbox.add({ channel: 'sms', to: BEN, body: 'three' })
  t.equal(outbox.last()?.body, 'three')
  t.equal(outbox.last(ANA)?.body, 'two')
  t.equal(outbox.last('+14155550199'), undefined)
})

t.test('the oldest messages go when the limit is reached', async (t) => {
  const outbox = createOutbox({ limit: 2 })
  for (const body of ['one', 'two', 'three']) outbox.add({ channel: 'sms', to: ANA, body })
  t.strictSame(outbox.entries().map(({ body }) => body), ['two', 'three'])

  const standard = createOutbox()
  for (let i = 1; i <= 201; i++) standard.add({ channel: 'sms', to: ANA, body: String(i) })
  t.equal(standard.entries().length, 200)
  t.equal(standard.entries()[0]?.body, '2')
})

t.test('clear empties it', async (t) => {
  const outbox = createOutbox()
  outbox.add({ channel: 'sms', to: ANA, body: 'one' })
  outbox.clear()
  t.strictSame(outbox.entries(), [])
})

t.test('what is read cannot change what is kept', async (t) => {
  const outbox = createOutbox()
  outbox.add({ channel: 'sms', to: ANA, body: 'one' })
  outbox.entries().pop()
  const entry = outbox.last()
  if (entry) entry.body = 'other'
  t.equal(outbox.entries()[0]?.body, 'one')
})

t.test('a limit that is not a whole number above 0 is refused', async (t) => {
  for (const limit of [0, -1, 1.5, NaN, Infinity]) t.throws(() => createOutbox({ limit }), { code: 'AUTH_OPTIONS_INVALID' })
})
