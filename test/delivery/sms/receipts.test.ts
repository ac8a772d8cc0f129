import { mock } from 'node:test'
import t from 'tap'
import { networksOf } from '../../../src/limits/network.js'
import { createReceiptDesk } from '../../../src/delivery/sms/receipt-desk.js'
import { createReceiptNames } from '../../../src/delivery/sms/receipts.js'
import type { Fate, SmsSender } from '../../../src/delivery/sender.js'
import { createDependencies } from './helper.js'

const names = createReceiptNames('secret')

t.test('a name says whom a message went to and who asked, to this service alone', async (t) => {
  const cases: Array<[to: string, ip: string | undefined]> = [['+14155550101', '203.0.113.7'], ['+441', '2001:db8:1:2::5'], ['+999999999999999', '::ffff:198.51.100.1'], ['+4915112345678', undefined], ['+14155550101', 'nonsense']]
  for (const [to, ip] of cases) {
    const networks = networksOf(ip)
    const name = names.seal('twilio', to, { networks })
    t.match(name, /^[\w-]{40,70}$/, 'short enough for a parameter of a path')
    t.strictSame(names.open('twilio', name), { to, networks: ip?.includes('.') || ip?.includes(':') ? networks : undefined })
    t.equal(names.open('webhook', name), undefined)
    t.equal(createReceiptNames('another').open('twilio', name), undefined)
    t.strictSame(createReceiptNames('secret').open('twilio', name)?.to, to, 'another replica')
  }
  t.not(names.seal('twilio', '+14155550101', {}), names.seal('twilio', '+14155550101', {}))
  for (const wrong of ['', 'A', '%', 'A'.repeat(66), '\u0000', 'é'.repeat(50)]) t.equal(names.open('twilio', wrong), undefined)
})

t.test('a name is good for three days', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => { mock.timers.reset() })
  const name = names.seal('twilio', '+14155550101', {})
  mock.timers.tick(3 * 86_400_000)
  t.ok(names.open('twilio', name))
  mock.timers.tick(2000)
  t.equal(names.open('twilio', name), undefined)
})

t.test('only what says something of a number counts against a network, and only once', async (t) => {
  let fate: Fate | Error
  const sender = (name: string, more: Partial<SmsSender> = {}): SmsSender => ({
    name,
    send: async () => {},
    receipt () {
      if (fate instanceof Error) throw fate
      return fate
    },
    ...more
  })
  const receipts = new Map([sender('sms'), sender('whatsapp', { receiptsTellOfNumbers: false })].map((one) => [one.name, one]))
  const desk = createReceiptDesk({ secret: 'secret', base: 'https://auth.example.com/r', sms: { receipts } })
  const { logger, lines } = createDependencies()
  const undelivered: string[] = []
  const known = new Set<string>()
  const limits = {
    isNews: async (name: string) => !known.has(name) && known.add(name) !== undefined,
    undelivered: async (number: string) => { undelivered.push(number) }
  }
  const take = async (provider: string, to: string, ip?: string) => {
    const name = desk.urlFor(provider, to, ip === undefined ? {} : { networks: networksOf(ip) }).split('/').at(-1)!
    const request = { query: '', headers: {}, type: '', body: '' }
    return [await desk.take(desk.find(provider, name)!, request, limits, logger), await desk.take(desk.find(provider, name)!, request, limits, logger)]
  }
  t.strictSame(await take('sms', '+14155550101', '203.0.113.7'), [true, true])
  fate = 'undelivered'
  t.strictSame(await take('sms', '+14155550102', '203.0.113.7'), [true, true])
  await take('sms', '+14155550103')
  await take('whatsapp', '+14155550104', '203.0.113.7')
  fate = 'delivered'
  await take('sms', '+14155550105', '203.0.113.7')
  fate = new Error('signed by nobody, for +14155550106')
  t.strictSame(await take('sms', '+14155550106', '203.0.113.7'), [false, false])
  t.strictSame(undelivered, ['+14155550102'])
  t.notOk(lines.join('').includes('4155550106'))
  t.equal(desk.find('other', desk.urlFor('sms', '+14155550101', {}).split('/').at(-1)!), undefined)
})
