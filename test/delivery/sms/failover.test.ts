import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { SMS_CHANNEL, type SmsEvent } from '../../../src/delivery/sms/events.js'
import { createSmsSender, type SmsDependencies } from '../../../src/delivery/sms/index.js'
import type { SmsMessage, SmsSender } from '../../../src/delivery/sender.js'
import type { SmsByCountry } from '../../../src/options/connections.js'
import { createDependencies, MESSAGE } from './helper.js'

const SECRETS = [MESSAGE.code, 'linkcode-secret', MESSAGE.to, MESSAGE.to.slice(1)]
const CODE = { to: MESSAGE.to, body: 'Your code is 815529', code: '815529' }

/** A provider whose fault the test decides. */
function provider (name: string) {
  const sent: SmsMessage[] = []
  const state: { fault?: unknown, hangs?: boolean, asked: number } = { asked: 0 }
  const sender: SmsSender = {
    name,
    async send (message) {
      state.asked++
      if (state.hangs) await new Promise(() => {})
      if (state.fault !== undefined) throw state.fault
      sent.push(message)
    }
  }
  return { sender, sent, state }
}

function build (names: readonly string[], more: Partial<SmsDependencies> = {}) {
  const { lines, ...dependencies } = createDependencies(more.timeout === undefined ? {} : { timeout: more.timeout })
  const providers = names.map(provider)
  return { providers, lines, sms: createSmsSender(providers.map(({ sender }) => sender), { ...dependencies, ...more }) }
}

const status = (code: number): Error => Object.assign(new Error(MESSAGE.body), { status: code })

t.test('the next provider sends what the first one does not take', async (t) => {
  const faults: [string, unknown][] = [
    ['not reached', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], ['broken off', Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_SOCKET' } })],
    ['500', status(500)], ['503', status(503)], ['wrong credentials', status(401)], ['no credit', status(402)], ['too many', status(429)], ['a redirect', status(302)], ['unknown', new Error('?')]
  ]
  for (const [name, fault] of faults) {
    const { sms, providers: [first, second], lines } = build(['first', 'second'])
    first!.state.fault = fault
    await sms.send(MESSAGE)
    t.strictSame(second!.sent, [MESSAGE], name)
    t.match(lines.map((line) => JSON.parse(line)), [{ level: 40, sender: 'first', msg: 'message not sent' }, { level: 20, sender: 'second', to: '***101', msg: 'message sent' }])
    for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
  }
})

t.test('one that hangs has its part of the time; the message that it perhaps sent is counted', async (t) => {
  const twice: string[] = []
  const { sms, providers: [first, second, third] } = build(['first', 'second', 'third'], { timeout: 300, onSentTwice: (to) => { twice.push(to) } })
  first!.state.hangs = true
  second!.state.hangs = true
  const start = performance.now()
  await sms.send(MESSAGE)
  t.ok(performance.now() - start < 300)
  t.equal(third!.sent.length, 1)
  t.strictSame(twice, [MESSAGE.to])
})

t.test('all together have no more than the time limit', async (t) => {
  const { sms, providers, lines } = build(['first', 'second'], { timeout: 200 })
  for (const { state } of providers) state.hangs = true
  const start = performance.now()
  await t.rejects(sms.send(MESSAGE), { code: 'AUTH_DELIVERY_FAILED', message: 'The SMS could not be sent by first, second: ETIMEDOUT; ETIMEDOUT', cause: undefined })
  t.ok(performance.now() - start < 1000)
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
})

t.test('attack: a number that one provider refuses is not tried at the others', async (t) => {
  for (const code of [400, 422]) {
    const { sms, providers: [first, second] } = build(['first', 'second'])
    first!.state.fault = status(code)
    await t.rejects(sms.send(MESSAGE), { code: 'AUTH_DELIVERY_FAILED', message: `The SMS could not be sent by first, second: status ${code}` })
    t.equal(second!.state.asked, 0)
  }
})

t.test('a provider that is down is skipped at once, and comes back by itself', async (t) => {
  const events = listen(t)
  const { sms, lines, providers: [first, second] } = build(['first', 'second'], { timeout: 200 })
  first!.state.hangs = true
  for (let i = 0; i < 8; i++) await sms.send({ to: `+1415555030${i}`, body: 'x' })
  t.equal(first!.state.asked, 5)
  t.equal(second!.sent.length, 8)
  t.equal(events.filter(({ type }) => type === 'paused').length, 3)
  t.equal(lines.filter((line) => JSON.parse(line).level === 40 && line.includes('has not answered several times')).length, 0, 'not one line a message')
})

t.test('a code that is asked for again goes another way, until one is answered', async (t) => {
  const { sms, providers: [first, second] } = build(['first', 'second'])
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => { mock.timers.reset() })
  const counts = (): number[] => [first!.sent.length, second!.sent.length]
  await sms.send(CODE)
  await sms.send(CODE)
  t.strictSame(counts(), [1, 1])
  await sms.send(CODE)
  t.strictSame(counts(), [2, 1])
  await sms.send({ to: CODE.to, body: 'Your number was changed' })
  t.strictSame(counts(), [3, 1], 'what is no code goes the first way')
  sms.answered(CODE.to)
  await sms.send(CODE)
  t.strictSame(counts(), [4, 1], 'the code was answered')
  mock.timers.tick(600_001)
  await sms.send(CODE)
  t.strictSame(counts(), [5, 1], 'it is another day')
  second!.state.fault = new Error('down')
  await sms.send(CODE)
  t.strictSame(counts(), [6, 1], 'the other one fails, so the first one again')
})

t.test('attack: numbers that are made up fill no memory', async (t) => {
  const { createRecent } = await import('../../../src/delivery/sms/recent.js')
  const recent = createRecent({ most: 3 })
  for (let i = 0; i < 100; i++) recent.put(`+1415555${1000 + i}`, 'first')
  t.equal(recent.get('+14155551000'), undefined)
  t.equal(recent.get('+14155551099'), 'first')
})

t.test('countries can have providers of their own, by country or calling code', async (t) => {
  const [usual, german, american, canadian] = ['usual', 'german', 'american', 'canadian'].map(provider)
  const { lines: _lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({
    default: usual!.sender,
    countries: { DE: [german!.sender, usual!.sender], 1: american!.sender, CA: canadian!.sender }
  }, dependencies)
  for (const to of ['+4915112345678', '+14155550101', '+14165550101', '+447912345678']) await sms.send({ to, body: 'x' })
  t.strictSame([usual, german, american, canadian].map((one) => one!.sent.map(({ to }) => to)), [['+447912345678'], ['+4915112345678'], ['+14155550101'], ['+14165550101']])
  german!.state.fault = status(500)
  await sms.send({ to: '+4915112345678', body: 'x' })
  t.equal(usual!.sent.length, 2)
})

t.test('lists that cannot work are refused', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const { sender } = provider('one')
  const wrong: [unknown, RegExp][] = [
    [[], /at least one provider/],
    [{ default: [] }, /at least one provider/],
    [[sender, { ...sender }], /two senders called one/],
    [{ default: sender, countries: { Germany: sender } }, /sms\.countries must be by countries/],
    [[sender, null], /sms\.provider must be one of/],
    [[sender, { provider: 'pigeon' }], /sms\.provider must be one of/]
  ]
  for (const [options, message] of wrong) t.throws(() => createSmsSender(options as SmsByCountry, dependencies), { code: 'AUTH_OPTIONS_INVALID', message })
})

function listen (t: Test): SmsEvent[] {
  const events: SmsEvent[] = []
  const hear = (event: unknown): void => { events.push(event as SmsEvent) }
  subscribe(SMS_CHANNEL, hear)
  t.teardown(() => { unsubscribe(SMS_CHANNEL, hear) })
  return events
}

t.test('metrics hear of every attempt and answer, by provider and country, and of no number', async (t) => {
  const events = listen(t)
  const { sms, providers: [first] } = build(['first', 'second'])
  first!.state.fault = status(503)
  await sms.send(CODE)
  sms.answered(CODE.to)
  t.strictSame(events, [
    { type: 'failed', provider: 'first', country: 'US' },
    { type: 'sent', provider: 'second', country: 'US' },
    { type: 'answered', provider: 'second', country: 'US' }
  ])
})
