import { mock } from 'node:test'
import t from 'tap'
import type { SendContext, SmsMessage, SmsSender } from '../../../src/delivery/sender.js'
import { shortCause } from '../../../src/delivery/failures.js'
import { isLoopback } from '../../../src/loopback.js'
import { maskReceiver } from '../../../src/delivery/mask.js'
import type { SmsOptions } from '../../../src/options/connections.js'
import { createSmsSender } from '../../../src/delivery/sms/index.js'
import { createDependencies, MESSAGE, rejectsTightLipped } from './helper.js'

const SECRETS = [MESSAGE.code, 'linkcode-secret', MESSAGE.to, MESSAGE.to.slice(1)]

t.test('the log provider prints the message and keeps it in the outbox', async (t) => {
  const { lines, outbox, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'log' }, { ...dependencies, outbox })
  t.equal(sms.name, 'log')
  await sms.send(MESSAGE)
  await sms.send({ to: MESSAGE.to, body: 'Your phone number was changed' })
  t.match(outbox.entries(), [{ channel: 'sms', ...MESSAGE }, { channel: 'sms', to: MESSAGE.to, body: 'Your phone number was changed' }])
  t.notOk('code' in (outbox.last() ?? {}))
  const printed = JSON.parse(lines[0] ?? '')
  t.match(printed, { level: 30, msg: `SMS to ${MESSAGE.to}: ${MESSAGE.body}` })
  await sms.close?.()
})

t.test('an app\'s own sender is called with the message as it is', async (t) => {
  const sent: unknown[] = []
  let closed = 0
  const own = {
    name: 'pigeon',
    async send (this: { name: string }, message: SmsMessage, context?: SendContext) {
      sent.push([this.name, message, context?.signal.aborted])
    },
    close () { closed++ }
  }
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender(own, dependencies)
  t.equal(sms.name, 'pigeon')
  await sms.send(MESSAGE)
  t.strictSame(sent, [['pigeon', MESSAGE, false]])
  t.strictSame(dependencies.outbox.entries(), [])
  t.match(JSON.parse(lines[0] ?? ''), { level: 20, channel: 'sms', sender: 'pigeon', to: '***101', msg: 'message sent' })
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
  await sms.close?.()
  t.equal(closed, 1)
})

t.test('a host that lets its fake timers fire cuts no delivery off', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => { mock.timers.reset() })
  const send = async () => { mock.timers.tick(60_000) }
  await t.resolves(createSmsSender({ name: 'pigeon', send }, createDependencies()).send(MESSAGE))
})

t.test('what an app\'s own sender throws is reduced to a code and a status', async (t) => {
  const causes: [unknown, string][] = [
    [new Error(`could not send ${MESSAGE.body} to ${MESSAGE.to}`), 'unknown error'],
    [Object.assign(new Error(MESSAGE.body), { statusCode: 429 }), 'status 429'],
    [Object.assign(new Error(MESSAGE.body), { code: MESSAGE.code, status: 815_529 }), 'unknown error'],
    [new Error(MESSAGE.body, { cause: Object.assign(new Error(MESSAGE.to), { code: 'ECONNREFUSED' }) }), 'ECONNREFUSED'],
    [Object.assign(new Error(MESSAGE.body), { code: 'CERT_HAS_EXPIRED', responseCode: 454 }), 'CERT_HAS_EXPIRED, status 454'],
    [MESSAGE.body, 'unknown error'],
    [undefined, 'unknown error'],
    [null, 'unknown error']
  ]
  for (const [thrown, cause] of causes) {
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ name: 'pigeon', send: () => Promise.reject(thrown) }, dependencies)
    await rejectsTightLipped(t, sms.send(MESSAGE), `The SMS could not be sent by pigeon: ${cause}`, lines, SECRETS)
  }
})

t.test('a sender that throws instead of rejecting is treated alike', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ name: 'pigeon', send () { throw new Error(MESSAGE.body) } }, dependencies)
  await rejectsTightLipped(t, sms.send(MESSAGE), 'The SMS could not be sent by pigeon: unknown error', lines, SECRETS)
})

t.test('a sender that never answers is given up, and told so by its signal', async (t) => {
  const { lines, ...dependencies } = createDependencies({ timeout: 20 })
  let signal: AbortSignal | undefined
  const sms = createSmsSender({
    name: 'pigeon',
    send (_message, context) {
      signal = context?.signal
      return new Promise(() => {})
    }
  }, dependencies)
  await rejectsTightLipped(t, sms.send(MESSAGE), 'The SMS could not be sent by pigeon: ETIMEDOUT', lines, SECRETS)
  t.equal(signal?.aborted, true)
})

t.test('a receiver that is not one phone number in E.164 reaches no sender', async (t) => {
  const receivers: unknown[] = ['', '4155550101', '+0155550101', '+1', '+1415555010199999', '+1 415 555 0101', '+14155550101\r\nX: y', '+14155550101\n',
    '+14155550101,+14155550102', 'tel:+14155550101', 'ana@example.com', undefined, null, {}]
  for (const to of receivers) {
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ name: 'pigeon', send: async () => { t.fail('was called') } }, dependencies)
    await rejectsTightLipped(t, sms.send({ ...MESSAGE, to: to as string }),
      'The SMS could not be sent by pigeon: the receiver is not a phone number in E.164', lines, [MESSAGE.code, '4155550101'])
  }
})

t.test('options that name neither a provider nor a sender are refused', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const wrong: unknown[] = [{}, { provider: 'pigeon' }, { name: 'pigeon' }, { send: async () => {} }, { name: '', send: async () => {} }, 'twilio']
  for (const options of wrong) {
    t.throws(() => createSmsSender(options as SmsOptions | SmsSender, dependencies), { code: 'AUTH_OPTIONS_INVALID', message: /sms\.provider must be one of/ })
  }
})

t.test('receivers are masked in logs', async (t) => {
  t.equal(maskReceiver('+14155550101'), '***101')
  t.equal(maskReceiver('ana@example.com'), 'a***@example.com')
})

t.test('only names and addresses of this machine count as loopback', async (t) => {
  for (const host of ['localhost', 'x.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) t.ok(isLoopback(host), host)
  for (const host of ['example.com', 'localhost.example.com', '127.0.0.1.example.com', 'notlocalhost', '10.0.0.1', '0.0.0.0']) t.notOk(isLoopback(host), host)
})

t.test('undici\'s and OpenSSL\'s codes pass as causes, other texts do not', async (t) => {
  t.equal(shortCause({ code: 'UND_ERR_SOCKET' }), 'UND_ERR_SOCKET')
  t.equal(shortCause({ code: 'EAI_AGAIN' }), 'EAI_AGAIN')
  t.equal(shortCause({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'DEPTH_ZERO_SELF_SIGNED_CERT')
  t.equal(shortCause({ code: 'SECRET' }), 'unknown error')
  t.equal(shortCause({ code: 'E815529' }), 'unknown error')
})

t.test('a provider that is down is not waited for by everybody', async (t) => {
  let asked = 0
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ name: 'pigeon', send: () => { asked++; return new Promise(() => {}) } }, { ...dependencies, timeout: 20 })
  for (let i = 0; i < 5; i++) await t.rejects(sms.send({ ...MESSAGE, to: `+1415555020${i}` }), { message: 'The SMS could not be sent by pigeon: ETIMEDOUT' })
  for (let i = 0; i < 5; i++) await rejectsTightLipped(t, sms.send(MESSAGE), 'The SMS could not be sent by pigeon: has not answered several times', lines, SECRETS)
  t.equal(asked, 5)
  t.equal(lines.filter((line) => line.includes('the SMS sender pigeon for numbers of US does not answer')).length, 1)
})

t.test('attack: a number that makes the provider hang stops nobody else\'s messages, however often it is named, nor do many of another country', async (t) => {
  const { lines, ...dependencies } = createDependencies({ timeout: 5 })
  const odd = new Set(['+14155550199', ...Array.from({ length: 9 }, (_, i) => `+4915112345${i}`)])
  const sms = createSmsSender({ name: 'pigeon', send: ({ to }) => odd.has(to) ? new Promise(() => {}) : Promise.resolve() }, dependencies)
  for (let i = 0; i < 8; i++) await t.rejects(sms.send({ ...MESSAGE, to: '+14155550199' }), { message: /ETIMEDOUT/ })
  for (const to of odd) await t.rejects(sms.send({ ...MESSAGE, to }))
  await t.rejects(sms.send({ ...MESSAGE, to: '+4915112345678' }), { message: /has not answered several times/ })
  await t.resolves(sms.send(MESSAGE))
  t.match(lines.filter((line) => line.includes('does not answer')).map((line) => JSON.parse(line).msg), ['the SMS sender pigeon for numbers of DE does not answer; asked again every 2 s'])
})

t.test('a provider that cannot be reached at all is down for every country', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
  const sms = createSmsSender({ name: 'pigeon', send: () => Promise.reject(error) }, dependencies)
  for (let i = 0; i < 5; i++) await t.rejects(sms.send(MESSAGE), { message: /ECONNREFUSED/ })
  await t.rejects(sms.send({ ...MESSAGE, to: '+4915112345678' }), { message: /has not answered several times/ })
})

t.test('attack: numbers that the provider refuses stop nobody else\'s messages', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const refusals = [Object.assign(new Error('x'), { status: 400 }), Object.assign(new Error('x'), { statusCode: 429 }), Object.assign(new Error('x'), { status: 500 }), new Error('unknown'), 'text']
  let refusal: unknown
  const sms = createSmsSender({ name: 'pigeon', async send () { if (refusal !== undefined) throw refusal } }, dependencies)
  for (let i = 0; i < 20; i++) {
    refusal = refusals[i % refusals.length]
    await t.rejects(sms.send(MESSAGE), { code: 'AUTH_DELIVERY_FAILED' })
  }
  refusal = undefined
  await sms.send(MESSAGE)
})
