import t from 'tap'
import { guardSender } from '../../../src/delivery/guard.js'
import { createSmsSender } from '../../../src/delivery/sms/index.js'
import { createSuperTokensSmsSender } from '../../../src/delivery/sms/supertokens.js'
import { createDependencies, MESSAGE, rejectsTightLipped, startHttpServer } from './helper.js'

const OPTIONS = { provider: 'supertokens' as const, apiKey: 'st-very-secret' }
const SECRETS = [MESSAGE.code, 'linkcode-secret', MESSAGE.to, MESSAGE.to.slice(1), OPTIONS.apiKey]
const { code, link, to } = MESSAGE

t.test('a code is posted in the wire form of the SDK\'s own service', async (t) => {
  const server = await startHttpServer(t, (response) => response.end('{}'))
  const sender = createSuperTokensSmsSender(OPTIONS, { appName: 'Shop', url: server.url })
  const context = { signal: new AbortController().signal }
  await sender.send({ ...MESSAGE, codeLifetime: 60_000 }, context)
  await sender.send({ to, body: 'Your code is 815529', code }, context)
  const [first, second] = server.requests
  t.equal(first?.method, 'POST')
  t.equal(first?.headers['api-version'], '0')
  t.equal(first?.headers['content-type'], 'application/json; charset=utf-8')
  const common = { type: 'PASSWORDLESS_LOGIN', phoneNumber: to, userInputCode: code, isFirstFactor: false, appName: 'Shop' }
  t.strictSame(JSON.parse(first?.body ?? ''), { apiKey: OPTIONS.apiKey, smsInput: { ...common, urlWithLinkCode: link, codeLifetime: 60_000 } })
  t.strictSame(JSON.parse(second?.body ?? ''), { apiKey: OPTIONS.apiKey, smsInput: { ...common, codeLifetime: 900_000 } })
})

t.test('every refusal is an error, also the one for a used-up quota, and nothing is printed instead', async (t) => {
  const elsewhere = await startHttpServer(t, (response) => response.end())
  for (const status of [302, 400, 401, 429, 500]) {
    const server = await startHttpServer(t, (response, { body }) => response.writeHead(status, { location: elsewhere.url }).end(JSON.stringify({ err: body })))
    const { lines, logger } = createDependencies()
    const sender = createSuperTokensSmsSender(OPTIONS, { appName: 'Shop', url: server.url })
    const sms = guardSender(sender, { channel: 'sms', logger, prepare: (message: typeof MESSAGE) => message })
    await rejectsTightLipped(t, sms.send(MESSAGE), `The SMS could not be sent by supertokens: status ${status}`, lines, SECRETS)
  }
  t.equal(elsewhere.requests.length, 0, 'no redirect was followed')
})

t.test('a text without a code or a link is refused before anything is sent, because the relay would drop the text', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender(OPTIONS, { ...dependencies, appName: 'Shop' })
  t.equal(sms.name, 'supertokens')
  await rejectsTightLipped(t, sms.send({ to, body: 'Your number was changed' }),
    'The SMS could not be sent by supertokens: this relay sends codes and links only', lines, SECRETS)
})

t.test('a missing key is refused', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  t.throws(() => createSmsSender({ provider: 'supertokens', apiKey: '' }, dependencies), { code: 'AUTH_OPTIONS_INVALID', message: /sms\.apiKey/ })
  t.doesNotThrow(() => createSmsSender(OPTIONS, dependencies))
})
