import t from 'tap'
import type { SmsOptions } from '../../../src/options/connections.js'
import { createSmsSender } from '../../../src/delivery/sms/index.js'
import { closedPort, createDependencies, MESSAGE, rejectsTightLipped, startHttpServer } from './helper.js'

const ACCOUNT = { provider: 'twilio' as const, accountSid: 'AC0123456789abcdef0123456789abcdef', authToken: 'tok-very-secret' }
const BASIC = Buffer.from(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`).toString('base64')
const SECRETS = [MESSAGE.code, 'linkcode-secret', MESSAGE.to, MESSAGE.to.slice(1), ACCOUNT.authToken, BASIC]
const PATH = `/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`

// As Twilio answers: the created message, with the text and the receiver in it.
const CREATED = JSON.stringify({ sid: 'SM0123456789abcdef0123456789abcdef', status: 'queued', error_code: null, to: MESSAGE.to, body: MESSAGE.body })

t.test('a message is posted as Twilio wants it, from a number', async (t) => {
  const server = await startHttpServer(t, (response) => response.writeHead(201, { 'content-type': 'application/json' }).end(CREATED))
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ ...ACCOUNT, from: '+15005550006', baseUrl: server.url }, dependencies)
  t.equal(sms.name, 'twilio')
  await sms.send(MESSAGE)
  await sms.close?.()
  const [request] = server.requests
  t.equal(server.requests.length, 1)
  t.match(request, { method: 'POST', url: PATH })
  t.equal(request?.headers.authorization, `Basic ${BASIC}`)
  t.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded')
  t.strictSame(Object.fromEntries(new URLSearchParams(request?.body)), { To: MESSAGE.to, From: '+15005550006', Body: MESSAGE.body })
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret), `no log says ${secret}`)
})

t.test('a message can go through a messaging service, and a base URL may have a path', async (t) => {
  const server = await startHttpServer(t, (response) => response.writeHead(201).end(CREATED))
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ ...ACCOUNT, messagingServiceSid: 'MG0123', baseUrl: `${server.url}/proxy/` }, dependencies)
  await sms.send(MESSAGE)
  t.equal(server.requests[0]?.url, `/proxy${PATH}`)
  t.strictSame(Object.fromEntries(new URLSearchParams(server.requests[0]?.body)), { To: MESSAGE.to, MessagingServiceSid: 'MG0123', Body: MESSAGE.body })
})

t.test('an answer that is no success is an error with the status and Twilio\'s number only', async (t) => {
  const elsewhere = await startHttpServer(t, (response) => response.writeHead(201).end(CREATED))
  const answers: [number, string, string][] = [
    [400, JSON.stringify({ code: 21211, message: `Invalid 'To' Phone Number: ${MESSAGE.to}`, status: 400 }), 'status 400, Twilio error 21211'],
    [401, JSON.stringify({ code: 20003, message: 'Authenticate' }), 'status 401, Twilio error 20003'],
    [429, JSON.stringify({ code: Number(MESSAGE.code) }), 'status 429'],
    [500, `<h1>${MESSAGE.body}</h1>`, 'status 500'],
    [503, '', 'status 503'],
    [200, `<h1>Sign in to the hotel's network, ${MESSAGE.to}</h1>`, 'status 200, but not an answer of Twilio'],
    [201, 'null', 'status 201, but not an answer of Twilio'],
    [201, '{"sid":', 'status 201, but not an answer of Twilio'],
    [302, '', 'status 302'],
    [307, '', 'status 307']
  ]
  for (const [status, body, cause] of answers) {
    const server = await startHttpServer(t, (response) => response.writeHead(status, { location: `${elsewhere.url}${PATH}` }).end(body))
    const { lines, ...dependencies } = createDependencies()
    const sms = createSmsSender({ ...ACCOUNT, from: '+15005550006', baseUrl: server.url }, dependencies)
    await rejectsTightLipped(t, sms.send(MESSAGE), `The SMS could not be sent by twilio: ${cause}`, lines, SECRETS)
    t.equal(server.requests.length, 1, 'a text message costs money, so there is no second try')
  }
  t.equal(elsewhere.requests.length, 0, 'no redirect was followed')
})

t.test('a server that hangs, before or within its answer, is given up', async (t) => {
  for (const begin of [false, true]) {
    const server = await startHttpServer(t, (response) => {
      if (begin) response.writeHead(201, { 'content-length': 1000 }).write('{')
    })
    const { lines, ...dependencies } = createDependencies({ timeout: 100 })
    const sms = createSmsSender({ ...ACCOUNT, from: '+15005550006', baseUrl: server.url }, dependencies)
    await rejectsTightLipped(t, sms.send(MESSAGE), 'The SMS could not be sent by twilio: ETIMEDOUT', lines, SECRETS)
  }
})

t.test('a server that is not there is named by the code of the system', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ ...ACCOUNT, from: '+15005550006', baseUrl: `http://127.0.0.1:${await closedPort()}` }, dependencies)
  await rejectsTightLipped(t, sms.send(MESSAGE), 'The SMS could not be sent by twilio: ECONNREFUSED', lines, SECRETS)
})

t.test('settings that cannot work are refused, and no secret is repeated', async (t) => {
  const { lines, ...dependencies } = createDependencies()
  const from = '+15005550006'
  const wrong: [object, RegExp][] = [
    [{}, /exactly one of from and messagingServiceSid/],
    [{ from, messagingServiceSid: 'MG0123' }, /exactly one of from and messagingServiceSid/],
    [{ from: ' ' }, /sms\.from/],
    [{ from: 15005550006 }, /sms\.from/],
    [{ messagingServiceSid: 'MG 0123' }, /sms\.messagingServiceSid/],
    [{ from, accountSid: 'SK0123' }, /sms\.accountSid/],
    [{ from, accountSid: 'AC0123/../..' }, /sms\.accountSid/],
    [{ from, accountSid: undefined }, /sms\.accountSid/],
    [{ from, authToken: '' }, /sms\.authToken/],
    [{ from, authToken: 'tok-very-secret\n' }, /sms\.authToken/],
    [{ from, baseUrl: 'api.twilio.com' }, /sms\.baseUrl must be an http or https URL/],
    [{ from, baseUrl: 'ftp://api.twilio.com' }, /sms\.baseUrl must be an http or https URL/],
    [{ from, baseUrl: 'http://api.twilio.com' }, /sms\.baseUrl must use https/],
    [{ from, baseUrl: 'https://me:tok-very-secret@api.twilio.com' }, /sms\.baseUrl must not contain credentials/],
    [{ from, baseUrl: 'https://me@api.twilio.com' }, /sms\.baseUrl must not contain credentials/]
  ]
  for (const [change, message] of wrong) {
    const options = { ...ACCOUNT, ...change } as SmsOptions
    t.throws(() => createSmsSender(options, dependencies), { code: 'AUTH_OPTIONS_INVALID', message, stack: /^(?!.*very-secret)/s })
  }
  t.doesNotThrow(() => createSmsSender({ ...ACCOUNT, from }, dependencies), 'Twilio itself is the default')
})
