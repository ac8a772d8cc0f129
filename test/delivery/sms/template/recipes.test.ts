import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createSmsSender } from '../../../../src/delivery/sms/index.js'
import { createHttpSender } from '../../../../src/delivery/sms/template/index.js'
import type { HttpSmsOptions } from '../../../../src/delivery/sms/template/options.js'
import { pathTo } from '../../../root.js'
import { createDependencies, startHttpServer, type ReceivedRequest } from '../helper.js'

/** The templates as operators copy them. */
const PAGE = readFileSync(pathTo('docs/delivery/recipes.md'), 'utf8')
const RECIPES = new Map([...PAGE.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => {
  const options: HttpSmsOptions = { provider: 'http', ...JSON.parse(json!) }
  return [options.name!, options]
}))

const MESSAGE = { to: '+447700900123', body: 'Example: 815529 is your code. "Never" share it & <wait> – 100 %', code: '815529' }
const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

interface Documented {
  path: string
  headers: Record<string, string>
  /** Of a form or of JSON. */
  body: unknown
  answer: [status: number, body: unknown]
  refusal?: [status: number, body: unknown]
  /** What is no refusal of a number: the next provider is asked. */
  failure: [status: number, body: unknown]
  receipts?: Array<[request: { query?: string, body?: string, type?: string }, fate: 'delivered' | 'undelivered' | undefined]>
}

const form = { type: 'application/x-www-form-urlencoded' }
const json = { type: 'application/json' }

/** Each as in the documentation that the page links. */
const DOCUMENTED: Record<string, Documented> = {
  vonage: {
    path: '/sms/json',
    headers: { authorization: basic('API_KEY', 'API_SECRET'), 'content-type': 'application/x-www-form-urlencoded' },
    body: { from: 'Example', to: '447700900123', text: MESSAGE.body },
    answer: [200, { 'message-count': '1', messages: [{ to: '447700900123', 'message-id': '0A0000000123ABCD1', status: '0', 'remaining-balance': '3.14', 'message-price': '0.03', network: '12345' }] }],
    refusal: [200, { 'message-count': '1', messages: [{ status: '7', 'error-text': 'Number barred' }] }],
    failure: [200, { 'message-count': '1', messages: [{ status: '9', 'error-text': 'Quota Exceeded - rejected' }] }],
    receipts: [
      [{ query: 'msisdn=447700900123&to=AcmeInc&network-code=12345&messageId=0A0000001234567B&price=0.03&status=delivered&err-code=0' }, 'delivered'],
      [{ ...json, body: '{"msisdn":"447700900123","messageId":"0A","status":"rejected","err-code":"1"}' }, 'undelivered'],
      [{ ...json, body: '{"status":"buffered"}' }, undefined]
    ]
  },
  messagebird: {
    path: '/messages',
    headers: { authorization: 'AccessKey ACCESS_KEY', 'content-type': 'application/json' },
    body: { originator: 'Example', recipients: ['447700900123'], body: MESSAGE.body, datacoding: 'auto' },
    answer: [201, { id: 'e8077d803532c0b5937c639b60216938', direction: 'mt', type: 'sms', recipients: { totalCount: 1, items: [{ recipient: 447700900123, status: 'sent' }] } }],
    refusal: [422, { errors: [{ code: 9, description: 'no (correct) recipients found', parameter: 'recipient' }] }],
    failure: [422, { errors: [{ code: 10, description: 'originator is invalid', parameter: 'originator' }] }],
    receipts: [
      [{ query: 'id=e8077d803532c0b5937c639b60216938&reference=YouReference123&recipient=31612345678&status=delivered&statusDatetime=2016-05-03T08%3A58%3A10%2B00%3A00' }, 'delivered'],
      [{ query: 'status=delivery_failed' }, 'undelivered']
    ]
  },
  plivo: {
    path: '/v1/Account/AUTH_ID/Message/',
    headers: { authorization: basic('AUTH_ID', 'AUTH_TOKEN'), 'content-type': 'application/json' },
    body: { src: '+14155550100', dst: '+447700900123', text: MESSAGE.body, log: false, method: 'POST' },
    answer: [202, { message: 'message(s) queued', message_uuid: ['db3ce55a-7f1d-11e1-8ea7-1231380bc196'], api_id: 'db342550' }],
    refusal: [400, { api_id: 'x', error: 'dst parameter is invalid' }],
    failure: [401, 'Could not verify your access level for that URL.'],
    receipts: [[{ ...form, body: 'To=447700900123&From=14155550100&Status=delivered&MessageUUID=db3ce55a' }, 'delivered'], [{ ...form, body: 'Status=undelivered' }, 'undelivered'], [{ ...form, body: 'Status=sent' }, undefined]]
  },
  infobip: {
    path: '/sms/3/messages',
    headers: { authorization: 'App API_KEY', 'content-type': 'application/json', accept: 'application/json' },
    body: { messages: [{ sender: 'InfoSMS', destinations: [{ to: '447700900123' }], content: { text: MESSAGE.body } }] },
    answer: [200, { bulkId: '2034072219640523072', messages: [{ messageId: '2250be2d4219', status: { groupId: 1, groupName: 'PENDING', id: 26, name: 'PENDING_ACCEPTED' }, destination: '447700900123' }] }],
    refusal: [200, { messages: [{ status: { groupId: 5, groupName: 'REJECTED', id: 6, name: 'REJECTED_DESTINATION' } }] }],
    failure: [200, { messages: [{ status: { groupId: 5, groupName: 'REJECTED', id: 12, name: 'REJECTED_NOT_ENOUGH_CREDITS' } }] }],
    receipts: [
      [{ ...json, body: '{"results":[{"messageId":"2250be2d4219","to":"447700900123","status":{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET"}}]}' }, 'delivered'],
      [{ ...json, body: '{"results":[{"status":{"groupName":"UNDELIVERABLE"}}]}' }, 'undelivered']
    ]
  },
  sinch: {
    path: '/xms/v1/SERVICE_PLAN_ID/batches',
    headers: { authorization: 'Bearer API_TOKEN', 'content-type': 'application/json' },
    body: { from: '447700900100', to: ['+447700900123'], body: MESSAGE.body, delivery_report: 'per_recipient_final' },
    answer: [201, { id: '01FC66621XXXXX119Z8PMV1QPQ', to: ['447700900123'], from: '447700900100', canceled: false, type: 'mt_text' }],
    refusal: [400, { code: 'syntax_invalid_parameter_format', text: 'The format of "to" is invalid' }],
    failure: [403, { code: 'forbidden' }],
    receipts: [[{ ...json, body: '{"type":"recipient_delivery_report_sms","batch_id":"01FC","recipient":"447700900123","code":0,"status":"Delivered"}' }, 'delivered'], [{ ...json, body: '{"status":"Failed"}' }, 'undelivered']]
  },
  '46elks': {
    path: '/a1/sms',
    headers: { authorization: basic('API_USERNAME', 'API_PASSWORD'), 'content-type': 'application/x-www-form-urlencoded' },
    body: { from: 'Example', to: '+447700900123', message: MESSAGE.body },
    answer: [200, { status: 'created', direction: 'outgoing', from: 'Example', to: '+447700900123', parts: 1, cost: 3500, id: 's17a6dafb12d6b1cabc053d57dac2b9d8' }],
    refusal: [400, 'Invalid to number'],
    failure: [403, 'Not enough credits'],
    receipts: [[{ ...form, body: 'id=s17a6&status=delivered&delivered=2018-07-13T13:57:23.741000' }, 'delivered'], [{ ...form, body: 'id=s17a6&status=failed' }, 'undelivered']]
  },
  seven: {
    path: '/api/sms',
    headers: { 'x-api-key': 'API_KEY', 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: { to: '+447700900123', from: 'Example', text: MESSAGE.body },
    answer: [200, { success: '100', total_price: 0.075, balance: 12.34, messages: [{ id: '77229135982', success: true }] }],
    refusal: [200, { success: '202' }],
    failure: [200, { success: '500' }]
  }
}

function bodyOf ({ headers, body }: ReceivedRequest): unknown {
  return headers['content-type']?.startsWith('application/json') === true ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
}

/** The provider on loopback. */
async function start (t: Test, options: HttpSmsOptions, [status, body]: [status: number, body: unknown]) {
  const server = await startHttpServer(t, (response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)))
  return { requests: server.requests, options: { ...options, url: server.url + new URL(options.url).pathname } }
}

t.test('every recipe of the page is tested', async (t) => {
  t.strictSame([...RECIPES.keys()].sort(), Object.keys(DOCUMENTED).sort())
})

for (const [name, { path, headers, body, answer, refusal, failure, receipts = [] }] of Object.entries(DOCUMENTED)) {
  const recipe = RECIPES.get(name)!

  t.test(`${name}: the request is the documented one`, async (t) => {
    const { requests, options } = await start(t, recipe, answer)
    await createSmsSender(options, createDependencies()).send(MESSAGE)
    t.equal(requests.length, 1)
    t.match(requests[0], { method: 'POST', url: path, headers })
    const { reference, ...sent } = bodyOf(requests[0]!) as Record<string, unknown>
    t.strictSame(sent, body)
    if (name === 'messagebird') t.match(reference, /^[0-9a-f-]{36}$/)
  })

  t.test(`${name}: a number that it refuses is not tried elsewhere, and everything else is`, async (t) => {
    for (const [answered, isTriedElsewhere] of [[refusal, false], [failure, true], [[503, ''], true]] as const) {
      if (answered === undefined) continue
      const { options } = await start(t, recipe, answered as [number, unknown])
      const elsewhere: unknown[] = []
      const { lines, ...dependencies } = createDependencies()
      const sms = createSmsSender([options, { name: 'elsewhere', send: async (message) => { elsewhere.push(message) } }], dependencies)
      await sms.send(MESSAGE).catch(() => {})
      t.equal(elsewhere.length, isTriedElsewhere ? 1 : 0, JSON.stringify(answered))
      for (const secret of [MESSAGE.code, MESSAGE.to, 'API_SECRET', 'ACCESS_KEY', 'API_TOKEN', 'AUTH_TOKEN']) t.notOk(lines.join('').includes(secret))
    }
  })

  t.test(`${name}: its receipts are understood`, async (t) => {
    const sender = createHttpSender(recipe)
    t.equal(sender.receipt !== undefined, receipts.length > 0)
    for (const [request, fate] of receipts) t.equal(sender.receipt!({ url: '', query: '', headers: {}, type: '', body: '', ...request }), fate, JSON.stringify(request))
  })
}
