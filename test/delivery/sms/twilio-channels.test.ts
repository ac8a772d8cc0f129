import { createHmac } from 'node:crypto'
import t from 'tap'
import { createSmsSender } from '../../../src/delivery/sms/index.js'
import { createTwilioSender, createTwilioWhatsAppSender } from '../../../src/delivery/sms/twilio.js'
import { createTwilioVoiceSender } from '../../../src/delivery/sms/twilio-voice.js'
import type { SmsOptions } from '../../../src/options/connections.js'
import { createLanguages } from '../../../src/language/languages.js'
import { createDependencies, MESSAGE, rejectsTightLipped, startHttpServer } from './helper.js'

const ACCOUNT = { accountSid: 'AC0123456789abcdef0123456789abcdef', authToken: 'tok-very-secret' }
const CODE = { to: MESSAGE.to, body: 'Your code is 815529', code: '815529' }
const SECRETS = [CODE.code, CODE.to, CODE.to.slice(1), ACCOUNT.authToken]
const WHATSAPP = { ...ACCOUNT, provider: 'twilio-whatsapp' as const, contentSid: 'HX0123', from: '+14155550100' }
const VOICE = { ...ACCOUNT, provider: 'twilio-voice' as const, from: '+14155550100' }

async function start (t: Parameters<typeof startHttpServer>[0], status = 201, body: object = { sid: 'SM0123' }) {
  return await startHttpServer(t, (response) => response.writeHead(status).end(JSON.stringify(body)))
}

t.test('WhatsApp gets the code in an approved template', async (t) => {
  const server = await start(t)
  const { lines, ...dependencies } = createDependencies()
  await createSmsSender({ ...WHATSAPP, baseUrl: server.url }, dependencies).send(CODE)
  t.equal(server.requests[0]?.url, `/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`)
  t.strictSame(Object.fromEntries(new URLSearchParams(server.requests[0]?.body)), {
    To: `whatsapp:${CODE.to}`, From: 'whatsapp:+14155550100', ContentSid: 'HX0123', ContentVariables: '{"1":"815529"}'
  })
  const { from: _from, ...withService } = { ...WHATSAPP, messagingServiceSid: 'MG0123', baseUrl: server.url }
  await createSmsSender(withService, dependencies).send(CODE)
  t.match(Object.fromEntries(new URLSearchParams(server.requests[1]?.body)), { MessagingServiceSid: 'MG0123' })
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
})

t.test('a call reads the digits twice, in the language of the message', async (t) => {
  const server = await start(t, 201, { sid: 'CA0123' })
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ ...VOICE, baseUrl: server.url }, dependencies)
  const said = async (language?: string, code = CODE.code): Promise<string> => {
    await sms.send({ ...CODE, code, ...(language !== undefined && { language }) })
    const { url, body } = server.requests.at(-1)!
    t.equal(url, `/2010-04-01/Accounts/${ACCOUNT.accountSid}/Calls.json`)
    const { Twiml, ...rest } = Object.fromEntries(new URLSearchParams(body))
    t.strictSame(rest, { To: CODE.to, From: '+14155550100' })
    return Twiml!
  }
  t.equal(await said(), '<Response><Pause length="1"/><Say language="en-US">Your code is: 8, 1, 5, 5, 2, 9.</Say><Pause length="1"/><Say language="en-US">Once more: 8, 1, 5, 5, 2, 9.</Say><Pause length="1"/></Response>')
  for (const [language, tag, words] of [['de', 'de-DE', 'Noch einmal'], ['es-MX', 'es-ES', 'Una vez más'], ['fr', 'fr-FR', 'Encore une fois'], ['ja', 'ja-JP', 'もう一度'], ['pt-PT', 'pt-BR', 'Mais uma vez'], ['xx', 'en-US', 'Once more'], ['__proto__', 'en-US', 'Once more']] as const) {
    const twiml = await said(language)
    t.ok(twiml.includes(`<Say language="${tag}">`) && twiml.includes(words), language)
  }
  t.notMatch(await said('en', '"><Dial>+19005550100</Dial>'), /<Dial>/, 'a code of an app\'s own is no markup')
  for (const secret of SECRETS) t.notOk(lines.join('').includes(secret))
})

t.test('what is no code is left to the next provider', async (t) => {
  for (const first of [WHATSAPP, VOICE]) {
    const server = await start(t)
    const sent: string[] = []
    const { lines: _lines, ...dependencies } = createDependencies()
    const sms = createSmsSender([{ ...first, baseUrl: server.url }, { name: 'texts', send: async ({ body }) => { sent.push(body) } }], dependencies)
    await sms.send({ to: CODE.to, body: 'Your number was changed' })
    t.strictSame(sent, ['Your number was changed'])
    t.equal(server.requests.length, 0)
    const alone = createDependencies()
    await rejectsTightLipped(t, createSmsSender(first, alone).send({ to: CODE.to, body: 'x' }), `The SMS could not be sent by ${first.provider}: this provider sends codes only`, alone.lines, SECRETS)
  }
})

t.test('Twilio\'s number says whether the receiver is refused or another provider may reach it', async (t) => {
  for (const [code, isTriedElsewhere] of [[21211, false], [21217, false], [21610, false], [21614, true], [63003, true], [21408, true], [21612, true], [20003, true], [30001, true]] as const) {
    const server = await start(t, 400, { code })
    let elsewhere = 0
    const { lines: _lines, ...dependencies } = createDependencies()
    const sms = createSmsSender([{ ...ACCOUNT, provider: 'twilio', from: '+15005550006', baseUrl: server.url }, { name: 'elsewhere', send: async () => { elsewhere++ } }], dependencies)
    await sms.send(CODE).catch(() => {})
    t.equal(elsewhere, isTriedElsewhere ? 1 : 0, String(code))
  }
})

t.test('receipts are read if Twilio has signed them', async (t) => {
  const url = 'https://auth.example.com/auth/sms/receipts/twilio/abc'
  const sms = createTwilioSender({ ...ACCOUNT, provider: 'twilio', from: '+15005550006' })
  const [whatsApp, voice] = [createTwilioWhatsAppSender(WHATSAPP), createTwilioVoiceSender(VOICE, createLanguages({ defaultLanguage: 'en', messages: {} }).named)]
  const request = (fields: Record<string, string>, changed: object = {}) => {
    const signature = createHmac('sha1', ACCOUNT.authToken).update(url + Object.keys(fields).sort().map((key) => key + fields[key]).join('')).digest('base64')
    return { url, query: '', type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString(), headers: { 'x-twilio-signature': signature }, ...changed }
  }
  const of = (MessageStatus: string) => request({ MessageSid: 'SM1', MessageStatus, To: CODE.to, AccountSid: ACCOUNT.accountSid })
  t.strictSame(['queued', 'sent', 'delivered', 'read', 'undelivered', 'failed'].map((status) => sms.receipt!(of(status))), [undefined, undefined, 'delivered', 'delivered', 'undelivered', 'undelivered'])
  t.equal(whatsApp.receipt!(of('undelivered')), 'undelivered')
  t.strictSame(['ringing', 'completed', 'busy', 'no-answer', 'failed'].map((CallStatus) => voice.receipt!(request({ CallStatus }))), [undefined, 'delivered', undefined, undefined, 'undelivered'])
  for (const wrong of [
    { ...of('failed'), body: of('delivered').body }, { ...of('failed'), url: `${url}d` }, { ...of('failed'), headers: {} }, { ...of('failed'), headers: { 'x-twilio-signature': '' } },
    { ...of('failed'), headers: { 'x-twilio-signature': 'AAAA' } }, { ...of('failed'), headers: { 'x-twilio-signature': ['a', 'b'] } }, { ...of('failed'), body: `${of('failed').body}&MessageStatus=delivered` }
  ]) for (const sender of [sms, whatsApp, voice]) t.throws(() => sender.receipt!(wrong), { message: 'the signature is wrong' })
})

t.test('the signature is that of Twilio\'s own example', async (t) => {
  const { isSignedByTwilio } = await import('../../../src/delivery/sms/twilio-account.js')
  const body = new URLSearchParams({ CallSid: 'CA1234567890ABCDE', Caller: '+14158675310', Digits: '1234', From: '+14158675310', To: '+18005551212' }).toString()
  t.ok(isSignedByTwilio('12345', { url: 'https://example.com/myapp.php?foo=1&bar=2', query: 'foo=1&bar=2', type: '', body, headers: { 'x-twilio-signature': 'L/OH5YylLD5NRKLltdqwSvS0BnU=' } }))
})

t.test('settings that cannot work are refused', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const wrong: [object, RegExp][] = [
    [{ ...WHATSAPP, contentSid: 'X' }, /sms\.contentSid/], [{ ...WHATSAPP, contentSid: undefined }, /sms\.contentSid/], [{ ...WHATSAPP, from: 'Example' }, /sms\.from must be a number with WhatsApp/], [{ ...WHATSAPP, from: undefined }, /exactly one/],
    [{ ...VOICE, from: 'Example' }, /sms\.from must be a number that can call/], [{ ...VOICE, from: undefined }, /sms\.from/], [{ ...VOICE, accountSid: 'SK1' }, /sms\.accountSid/]
  ]
  for (const [options, message] of wrong) t.throws(() => createSmsSender(options as SmsOptions, dependencies), { code: 'AUTH_OPTIONS_INVALID', message })
})
