import { mock } from 'node:test'
import t from 'tap'
import type { SmsOptions } from '../../../src/options/connections.js'
import { createSmsSender } from '../../../src/delivery/sms/index.js'
import { createWebhookSender, verifyWebhookSignature } from '../../../src/delivery/sms/webhook.js'
import { closedPort, createDependencies, MESSAGE, rejectsTightLipped, startHttpServer } from './helper.js'

const SECRET = 'shh-shared-with-the-receiver'
const SECRETS = [MESSAGE.code, 'linkcode-secret', MESSAGE.to, MESSAGE.to.slice(1), SECRET]
const FAILED = 'The SMS could not be sent by webhook'

t.test('a message arrives as JSON with a signature that the helper accepts', async (t) => {
  const server = await startHttpServer(t, (response) => response.writeHead(202).end('thanks'))
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'webhook', url: `${server.url}/sms?from=auth`, secret: SECRET }, dependencies)
  t.equal(sms.name, 'webhook')
  await sms.send({ ...MESSAGE, codeLifetime: 60_000 })
  const { method, url, headers, body } = server.requests[0] ?? t.fail() as never
  t.equal(method, 'POST')
  t.equal(url, '/sms?from=auth')
  t.equal(headers['content-type'], 'application/json')
  const payload = JSON.parse(body)
  t.strictSame(payload, { id: headers['idempotency-key'], channel: 'sms', ...MESSAGE, codeLifetime: 60_000 })
  t.match(payload.id, /^[0-9a-f-]{36}$/)
  t.ok(verifyWebhookSignature({ secret: SECRET, body, headers }))
  t.ok(verifyWebhookSignature({ secret: SECRET, body: Buffer.from(body), headers }))
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret), `no log says ${secret}`)

  await sms.send({ to: MESSAGE.to, body: 'no code' })
  const second = JSON.parse(server.requests[1]?.body ?? '')
  t.strictSame(Object.keys(second), ['id', 'channel', 'to', 'body'])
  t.not(second.id, payload.id)
})

t.test('a sender goes by the clock of the moment, also when a host fakes it later', async (t) => {
  const server = await startHttpServer(t, (response) => response.end())
  const sender = createWebhookSender({ provider: 'webhook', url: server.url, secret: SECRET })
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2030, 0) })
  t.teardown(() => { mock.timers.reset() })
  await sender.send(MESSAGE, { signal: new AbortController().signal })
  const { headers, body } = server.requests[0] ?? t.fail() as never
  t.equal(headers['x-signature-timestamp'], String(Date.UTC(2030, 0) / 1000))
  t.ok(verifyWebhookSignature({ secret: SECRET, body, headers }))
})

t.test('the helper refuses forged, altered, old and future requests', async (t) => {
  const server = await startHttpServer(t, (response) => response.end())
  const time = Date.UTC(2026, 0, 2)
  const sender = createWebhookSender({ provider: 'webhook', url: server.url, secret: SECRET }, { now: () => time })
  await sender.send(MESSAGE, { signal: new AbortController().signal })
  const { headers, body } = server.requests[0] ?? t.fail() as never
  const input = { secret: SECRET, body, headers, now: () => time }
  const with_ = (changed: object) => verifyWebhookSignature({ ...input, ...changed })
  t.equal(headers['x-signature-timestamp'], String(time / 1000))
  t.ok(with_({}))
  t.ok(with_({ now: () => time + 300_000 }))
  t.notOk(with_({ now: () => time + 301_000 }))
  t.notOk(with_({ now: () => time - 301_000 }))
  t.notOk(with_({ now: () => time + 11_000, maxAge: 10 }))
  t.notOk(with_({ secret: 'another' }))
  t.notOk(with_({ body: body.replace(MESSAGE.to, '+14155550199') }))
  const signature = String(headers['x-signature'])
  for (const wrong of [undefined, '', signature.slice(2), `${signature}00`, signature.toUpperCase(), 'z'.repeat(64), [signature], '0'.repeat(64)]) {
    t.notOk(with_({ headers: { ...headers, 'x-signature': wrong } }))
  }
  for (const wrong of [undefined, '', 'NaN', '-1', '1e9', [String(time / 1000)], String(time / 1000 + 1)]) {
    t.notOk(with_({ headers: { ...headers, 'x-signature-timestamp': wrong } }))
  }
})

t.test('a receiver that is briefly unavailable gets the same message id once more', async (t) => {
  for (const first of [502, 503, 504, 'break']) {
    const server = await startHttpServer(t, (response, _request, index) => {
      if (index > 0) response.end()
      else if (typeof first === 'number') response.writeHead(first).end('wait')
      else response.destroy()
    })
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ provider: 'webhook', url: server.url, secret: SECRET }, dependencies)
    await sms.send(MESSAGE)
    t.equal(server.requests.length, 2)
    const ids = server.requests.map(({ body }) => JSON.parse(body).id)
    t.equal(ids[0], ids[1])
    t.ok(verifyWebhookSignature({ secret: SECRET, body: server.requests[1]?.body ?? '', headers: server.requests[1]?.headers ?? {} }))
  }
})

t.test('an answer that is no success is an error with the status only', async (t) => {
  const elsewhere = await startHttpServer(t, (response) => response.end())
  const answers: [number, number][] = [[302, 1], [307, 1], [400, 1], [404, 1], [429, 1], [500, 1], [502, 2], [503, 2], [504, 2]]
  for (const [status, tries] of answers) {
    const server = await startHttpServer(t, (response, { body }) => response.writeHead(status, { location: elsewhere.url }).end(`not good: ${body}`))
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ provider: 'webhook', url: server.url, secret: SECRET }, dependencies)
    await rejectsTightLipped(t, sms.send(MESSAGE), `${FAILED}: status ${status}`, lines, SECRETS)
    t.equal(server.requests.length, tries)
  }
  t.equal(elsewhere.requests.length, 0, 'no redirect was followed')
})

t.test('a receiver that hangs is given up without a second try', async (t) => {
  const server = await startHttpServer(t, () => {})
  const { lines, ...dependencies } = createDependencies({ timeout: 100 })
  const sms = createSmsSender({ provider: 'webhook', url: server.url, secret: SECRET }, dependencies)
  await rejectsTightLipped(t, sms.send(MESSAGE), `${FAILED}: ETIMEDOUT`, lines, SECRETS)
  t.equal(server.requests.length, 1)
})

t.test('a receiver that is not there or breaks off is named by the code of the system', async (t) => {
  const server = await startHttpServer(t, (response) => { response.destroy() })
  const causes = [[`http://127.0.0.1:${await closedPort()}`, 'ECONNREFUSED'], [server.url, 'UND_ERR_SOCKET']]
  for (const [url = '', cause = ''] of causes) {
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ provider: 'webhook', url, secret: SECRET }, dependencies)
    await rejectsTightLipped(t, sms.send(MESSAGE), `${FAILED}: ${cause}`, lines, SECRETS)
  }
})

t.test('settings that cannot work are refused', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const wrong: [object, RegExp][] = [
    [{ url: undefined }, /sms\.url must be an http or https URL/],
    [{ url: '/sms' }, /sms\.url must be an http or https URL/],
    [{ url: 'file:///etc/passwd' }, /sms\.url must be an http or https URL/],
    [{ url: 'http://sms.example.com' }, /sms\.url must use https/],
    [{ url: 'http://localhost.example.com' }, /sms\.url must use https/],
    [{ url: 'https://u:p@sms.example.com' }, /sms\.url must not contain credentials/],
    [{ secret: '' }, /sms\.secret/],
    [{ secret: undefined }, /sms\.secret/]
  ]
  for (const [change, message] of wrong) {
    const options = { provider: 'webhook', url: 'https://sms.example.com', secret: SECRET, ...change } as SmsOptions
    t.throws(() => createSmsSender(options, dependencies), { code: 'AUTH_OPTIONS_INVALID', message })
  }
  for (const url of ['https://sms.example.com/x', 'http://localhost:8080', 'http://[::1]:8080']) {
    t.doesNotThrow(() => createSmsSender({ provider: 'webhook', url, secret: SECRET }, dependencies))
  }
})
