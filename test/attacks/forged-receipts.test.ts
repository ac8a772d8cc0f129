import { createHmac } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { SMS_CHANNEL, type SmsEvent } from '../../src/index.js'
import { newPhoneNumber, signUp, type SignedInUser } from '../../src/testing/index.js'
import { startHttpServer } from '../delivery/sms/helper.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { scrape } from '../metrics/scrape.js'

const clock = stopClock()
const [TOKEN, SECRET] = ['tok-very-secret', 'shh-shared-with-the-receiver']
const API = 'https://auth.example.com'

const lines: string[] = []
let receiptUrls: string[] = []
let posted: Array<Record<string, string>> = []

/** A service of which each country has a provider of another kind. */
async function build (t: Test): Promise<FastifyInstance> {
  const server = await startHttpServer(t, (response, { headers, body }) => {
    const fields = headers['content-type'] === 'application/json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
    posted.push(fields)
    receiptUrls.push(fields.StatusCallback ?? fields.receiptUrl ?? fields.callback)
    response.writeHead(201).end('{"sid":"SM1"}')
  })
  receiptUrls = []
  posted = []
  return await buildApp(t, {
    appInfo: { apiDomain: API, websiteDomains: [API] },
    production: false,
    smsReceipts: true,
    metrics: true,
    limits: { signIn: false, signUps: false, sends: { cooldown: 0, unansweredPerNetwork: 6 } },
    sms: {
      default: { provider: 'twilio', accountSid: 'AC1', authToken: TOKEN, from: '+15005550006', baseUrl: server.url },
      countries: {
        DE: { provider: 'webhook', url: server.url, secret: SECRET },
        GB: { provider: 'http', url: server.url, form: { to: '{to}', callback: '{receipt_url}' }, receipts: { status: 'status', delivered: ['delivered'], undelivered: ['failed'] } }
      }
    }
  }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } } as never)
}

function listen (t: Test): SmsEvent[] {
  const events: SmsEvent[] = []
  const hear = (event: unknown): void => { if (/delivered/.test((event as SmsEvent).type)) events.push(event as SmsEvent) }
  subscribe(SMS_CHANNEL, hear)
  t.teardown(() => { unsubscribe(SMS_CHANNEL, hear) })
  return events
}

const ask = (user: SignedInUser, phoneNumber: string, remoteAddress = '198.51.100.7') =>
  user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber }, remoteAddress })

/** Has a code sent, and returns where its receipt goes. */
async function receiptFor (app: FastifyInstance, phoneNumber: string, remoteAddress?: string): Promise<string> {
  t.equal((await ask(await signUp(app), phoneNumber, remoteAddress)).json().status, 'OK')
  return receiptUrls.at(-1)!
}

const form = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url: url.slice(API.length), payload: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }) as const

function byTwilio (url: string, MessageStatus: string, token = TOKEN) {
  const fields: Record<string, string> = { MessageSid: 'SM1', MessageStatus }
  const signature = createHmac('sha1', token).update(url + Object.keys(fields).sort().map((key) => key + fields[key]).join('')).digest('base64')
  return form(url, fields, { 'x-twilio-signature': signature })
}

function byWebhook (url: string, body: object, secret = SECRET) {
  const [payload, timestamp] = [JSON.stringify(body), String(Math.floor(Date.now() / 1000))]
  return { method: 'POST', url: url.slice(API.length), payload, headers: { 'content-type': 'application/json', 'x-signature-timestamp': timestamp, 'x-signature': createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex') } } as const
}

const [US, DE, GB] = ['+12125550123', '+4915112345678', '+447912345678']

t.test('each provider can report, once', async (t) => {
  const app = await build(t)
  const events = listen(t)
  const [twilio, webhook, template] = [await receiptFor(app, US), await receiptFor(app, DE), await receiptFor(app, GB)]
  for (const url of [twilio, webhook, template]) t.match(url, /^https:\/\/auth\.example\.com\/auth\/sms\/receipts\/(?:twilio|webhook|http)\/[\w-]{40,70}$/)
  const requests = [byTwilio(twilio, 'delivered'), byWebhook(webhook, { status: 'undelivered' }), { method: 'GET', url: `${template.slice(API.length)}?status=delivered` } as const]
  for (const request of requests) {
    for (let i = 0; i < 3; i++) {
      const { statusCode, body, headers } = await app.inject(request)
      t.match({ statusCode, body, headers }, { statusCode: 204, body: '', headers: { 'cache-control': 'no-store' } })
    }
  }
  t.strictSame(events, [{ type: 'delivered', provider: 'twilio', country: 'US' }, { type: 'undelivered', provider: 'webhook', country: 'DE' }, { type: 'delivered', provider: 'http', country: 'GB' }])
  const { series } = await scrape(app)
  t.strictSame([...series].filter(([name]) => name.includes('message_receipts')).map(([name, value]) => [name.replace('fastify_2fa_message_receipts_total', ''), value]), [
    ['{provider="twilio",country="US",fate="delivered"}', 1],
    ['{provider="webhook",country="DE",fate="undelivered"}', 1],
    ['{provider="http",country="GB",fate="delivered"}', 1]
  ])
})

t.test('what is not final is taken in, and what is final still counts later', async (t) => {
  const app = await build(t)
  const events = listen(t)
  const url = await receiptFor(app, US)
  for (const status of ['queued', 'sent', 'delivered']) t.equal((await app.inject(byTwilio(url, status))).statusCode, 204)
  t.equal(events.length, 1)
})

t.test('attack: forged receipts say nothing and learn nothing', async (t) => {
  const app = await build(t)
  const events = listen(t)
  const [twilio, webhook, template] = [await receiptFor(app, US), await receiptFor(app, DE), await receiptFor(app, GB)]
  const nameOf = (url: string): string => url.split('/').at(-1)!
  const changed = (url: string): string => url.replace(/.$/, (last) => last === 'A' ? 'Q' : 'A')
  const other = Buffer.from(nameOf(template), 'base64url')
  other[30]! ^= 1
  const attempts: Array<[string, InjectOptions]> = [
    ['a wrong token', byTwilio(twilio, 'delivered', 'guess')],
    ['no signature', form(twilio, { MessageStatus: 'delivered' })],
    ['another status than the signed one', { ...byTwilio(twilio, 'delivered'), payload: 'MessageSid=SM1&MessageStatus=failed' }],
    ['a signature for another message', { ...byTwilio(`${twilio}x`, 'delivered'), url: twilio.slice(API.length) }],
    ['a query that was not signed', { ...byTwilio(twilio, 'delivered'), url: `${twilio.slice(API.length)}?x=1` }],
    ['a wrong secret', byWebhook(webhook, { status: 'delivered' }, 'guess')],
    ['a message of another provider', byTwilio(`${API}/auth/sms/receipts/twilio/${nameOf(webhook)}`, 'delivered')],
    ['another provider\'s address without a signature', form(`${API}/auth/sms/receipts/http/${nameOf(twilio)}`, { status: 'delivered' })],
    ['an address that is made up', form(`${API}/auth/sms/receipts/http/${'A'.repeat(66)}`, { status: 'delivered' })],
    ['a changed address', form(changed(template), { status: 'delivered' })],
    ['a changed number', form(`${API}/auth/sms/receipts/http/${other.toString('base64url')}`, { status: 'delivered' })],
    ['a short address', form(`${API}/auth/sms/receipts/http/AAAA`, { status: 'delivered' })],
    ['no base64url', form(`${API}/auth/sms/receipts/http/%00%ff`, { status: 'delivered' })],
    ['an unknown provider', form(`${API}/auth/sms/receipts/__proto__/${nameOf(template)}`, { status: 'delivered' })]
  ]
  for (const [name, attempt] of attempts) {
    const { statusCode, body } = await app.inject(attempt)
    t.ok([400, 404].includes(statusCode), `${name}: ${statusCode}`)
    if (statusCode === 404) t.match(JSON.parse(body), { code: 'AUTH_NOT_FOUND' })
  }
  t.strictSame(events, [])
  t.equal((await app.inject(form(template, { status: 'delivered' }))).statusCode, 204, 'the real one still counts')
  t.equal(events.length, 1)
})

t.test('attack: another spelling of an address is no second receipt, and an old one is none', async (t) => {
  const app = await build(t)
  const events = listen(t)
  const url = await receiptFor(app, GB)
  t.equal((await app.inject(form(url, { status: 'delivered' }))).statusCode, 204)
  const name = url.split('/').at(-1)!
  for (const spelling of [`${name}=`, `${name}==`, `${name}.`, name.replace(/^(.)/, '$1%20')]) await app.inject(form(url.replace(name, spelling), { status: 'failed' }))
  t.equal(events.length, 1)
  const late = await receiptFor(app, '+447912345670')
  clock.pass(4 * 86_400)
  t.equal((await app.inject(form(late, { status: 'delivered' }))).statusCode, 404)
})

t.test('attack: a flood of receipts changes nothing, and large ones are not read', async (t) => {
  const app = await build(t)
  const events = listen(t)
  const url = await receiptFor(app, GB)
  await Promise.all(Array.from({ length: 300 }, (_, i) => app.inject(form(`${API}/auth/sms/receipts/http/${Buffer.alloc(49, i).toString('base64url')}`, { status: 'delivered' }))))
  const answers = await Promise.all(Array.from({ length: 300 }, () => app.inject(form(url, { status: 'delivered' }))))
  t.ok(answers.every(({ statusCode }) => statusCode === 204))
  t.equal(events.length, 1)
  t.equal((await app.inject(form(url, { status: 'x'.repeat(20_000) }))).statusCode, 413)
})

t.test('attack: whoever has codes sent to numbers that do not exist has used up the share of the network sooner, and nobody else\'s', async (t) => {
  const app = await build(t)
  const mallory = '203.0.113.66'
  const numbers = Array.from({ length: 12 }, (_, i) => `+4479${12 + i}345678`)
  let sent = 0
  for (const number of numbers) {
    const answer = (await ask(await signUp(app), number, mallory)).json()
    if (answer.status !== 'OK') break
    sent++
    for (let i = 0; i < 3; i++) t.equal((await app.inject(form(receiptUrls.at(-1)!, { status: 'failed' }))).statusCode, 204)
    clock.pass(601)
  }
  t.equal(sent, 3, 'half of the share of a network')
  t.equal((await ask(await signUp(app), '+447990345678', '203.0.113.67')).json().status, 'OK')
})

t.test('a number that has answered is not counted, whatever a receipt says later', async (t) => {
  const app = await build(t)
  async function sentFrom (address: string, isReported: boolean): Promise<number> {
    const user = await signUp(app)
    const { deviceId, preAuthSessionId } = (await ask(user, user.phoneNumber, address)).json<Record<string, string>>()
    const payload = { deviceId, preAuthSessionId, userInputCode: /\d{6}/.exec(posted.at(-1)!.Body!)![0] }
    t.equal((await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload, remoteAddress: address })).json().status, 'OK')
    if (isReported) t.equal((await app.inject(byTwilio(receiptUrls.at(-1)!, 'undelivered'))).statusCode, 204)
    for (let sent = 0; ; sent++) {
      clock.pass(601)
      if ((await ask(await signUp(app), newPhoneNumber(), address)).json().status !== 'OK') return sent
    }
  }
  t.equal(await sentFrom('203.0.113.71', true), await sentFrom('203.0.113.72', false))
})

t.test('no log has an address of a receipt or a number', async (t) => {
  const app = await build(t)
  const url = await receiptFor(app, GB)
  await app.inject(form(url, { status: 'delivered' }))
  const log = lines.join('')
  t.ok(log.includes('"level"'))
  for (const secret of [url.split('/').at(-1)!, GB, US, GB.slice(1), TOKEN, SECRET]) t.notOk(log.includes(secret!), secret)
})
