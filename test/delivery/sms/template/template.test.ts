import t, { type Test } from 'tap'
import { createSmsSender } from '../../../../src/delivery/sms/index.js'
import type { Condition, HttpSmsOptions } from '../../../../src/delivery/sms/template/options.js'
import { closedPort, createDependencies, rejectsTightLipped, startHttpServer, type ReceivedRequest } from '../helper.js'

const TO = '+14155550101'
type Template = Partial<HttpSmsOptions> & { url?: string }

async function send (t: Test, template: Template, body: string, more: object = {}): Promise<ReceivedRequest> {
  const server = await startHttpServer(t, (response) => response.end('{}'))
  const { lines: _lines, ...dependencies } = createDependencies()
  await createSmsSender({ provider: 'http', ...template, url: server.url + (template.url ?? '') }, dependencies).send({ to: TO, body, ...more })
  t.equal(server.requests.length, 1)
  return server.requests[0]!
}

/** Texts that would end what they stand in, if they were not escaped. */
const HOSTILE = [
  '","to":"+19005550100', '\\', '\\"', '"}]}', '&to=%2B19005550100', '%26to=x', '+ %2B', '</text><to>+19005550100</to>', ']]><x/>', '&amp;&#x3c;', '\'"`', '{to}{code}{from}', '$&$1', '\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1',
  '../../admin?x=1#y', '@evil.example/', '\u2028\u2029', '\ud800', '\u0000\u0007', 'ご利用のコード'
]
/** As every form of a body has them. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

t.test('attack: no text of a message gets out of its place', async (t) => {
  for (const [index, text] of HOSTILE.entries()) {
    await t.test(`text ${index}`, async (t) => {
      const json = await send(t, { from: 'A', json: { to: '{to}', nested: [{ text: 'x{text}y', n: 1 }], from: '{from}' } }, text)
      t.strictSame(JSON.parse(json.body), { to: TO, nested: [{ text: `x${wellFormed(text)}y`, n: 1 }], from: 'A' })
      const form = await send(t, { form: { to: '{to}', text: '{text}' } }, text)
      t.strictSame([...new URLSearchParams(form.body)], [['to', TO], ['text', wellFormed(text)]])
      const xml = await send(t, { xml: '<m to="{to_digits}" t=\'{text}\'>{text}</m>' }, text)
      t.match(xml.body, /^<m to="14155550101" t='[^<>"']*'>[^<>]*<\/m>$/)
      t.notMatch(xml.body.replaceAll(/&(?:amp|lt|gt|quot|apos);/g, ''), /&/)
      const query = await send(t, { method: 'GET', url: '/send?to={to}&text={text}&k=v' }, text)
      t.equal(query.body, '')
      const url = new URL(query.url, 'http://a')
      t.equal(url.pathname, '/send')
      t.strictSame([...url.searchParams], [['to', TO], ['text', wellFormed(text)], ['k', 'v']])
      for (const { headers } of [json, form, xml, query]) t.notOk('x-injected' in headers)
    })
  }
})

t.test('attack: no code or language gets out of a path or a header, whoever made it', async (t) => {
  for (const code of ['../admin', '..', 'a/b', 'a?b=c', 'a#b', '@evil.example', 'x\\y']) {
    const { url, headers } = await send(t, { url: '/send/{code}/x', headers: { 'X-Code': '{code}' } }, 'x', { code })
    if (code !== '..') t.equal(url, `/send/${encodeURIComponent(code)}/x`)
    t.equal(headers['x-code'], code)
  }
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'http', url: 'http://127.0.0.1:9/', headers: { 'x-code': '{code}' } }, dependencies)
  for (const code of ['1\r\nx: y', '1\ny', 'é']) await rejectsTightLipped(t, sms.send({ to: TO, body: 'x', code }), 'The SMS could not be sent by http: a header cannot hold this message', lines, [TO])
})

t.test('attack: no number but one in E.164 reaches a template', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'http', url: `http://127.0.0.1:${await closedPort()}/`, form: { to: '{to}' } }, dependencies)
  for (const to of ['+1415555010 1', '+14155550101,+14155550102', '+14155550101<x>', '+14155550101&x=y', '"']) await t.rejects(sms.send({ to, body: 'x' }), { message: /not a phone number in E\.164/ })
})

t.test('each placeholder stands for its part, and what a message lacks is not made up', async (t) => {
  const json = { a: '{to}|{to_digits}|{from}|{text}|{code}|{link}|{language}', id: '{id}', r: '{receipt_url}', s: 'x{receipt_url}', list: ['{receipt_url}', 1], o: { in: { r: '{receipt_url}' } }, brace: '{ not one } {}' }
  const message = { code: '815529', link: 'https://a.example/#x', language: 'de' }
  const { body } = await send(t, { from: '+15005550006', json }, 'Hi', message)
  const sent = JSON.parse(body)
  t.match(sent, { a: '+14155550101|14155550101|+15005550006|Hi|815529|https://a.example/#x|de', id: /^[0-9a-f-]{36}$/, s: 'x', list: [1], brace: '{ not one } {}' })
  t.notOk('r' in sent || 'o' in sent, 'receipts are off')
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'http', name: 'codes-only', url: 'http://127.0.0.1:9/{code}' }, dependencies)
  await rejectsTightLipped(t, sms.send({ to: TO, body: 'Your number was changed' }), 'The SMS could not be sent by codes-only: this template needs a code, and the message has none', lines, [TO])
})

t.test('authentication, methods and headers', async (t) => {
  const basic = await send(t, { method: 'PUT', auth: { user: 'me', password: 'p:w é' } }, 'x')
  t.match(basic, { method: 'PUT', headers: { authorization: `Basic ${Buffer.from('me:p:w é').toString('base64')}` }, body: '' })
  t.equal((await send(t, { auth: { bearer: 'abc' } }, 'x')).headers.authorization, 'Bearer abc')
  t.match((await send(t, { headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Key': 'k' }, json: {} }, 'x')).headers, { 'content-type': 'application/json; charset=utf-8', 'x-key': 'k' })
})

t.test('what counts as sent is what the template says', async (t) => {
  const cases: Array<[status: number, body: string, success: Condition | undefined, isSent: boolean]> = [
    [200, '', undefined, true], [204, '', undefined, true], [302, '', undefined, false], [404, '', undefined, false],
    [200, 'OK\n', { text: 'OK' }, true], [200, 'OK 1', { text: ['OK', '100'] }, false],
    [201, '{}', { status: [201, 202] }, true], [200, '{}', { status: 201 }, false],
    [200, '{"a":{"b/c":[{"~":0}]}}', { pointer: '/a/b~1c/0/~0', equals: '0' }, true], [200, '{"a":true}', { pointer: '/a', equals: true }, true],
    [200, '{"a":"x"}', { pointer: '/a' }, true], [200, '{"a":null}', { pointer: '/a' }, false], [200, '{}', { pointer: '/a' }, false], [200, '[]', { pointer: '/length' }, false],
    [200, '{}', { pointer: '/__proto__' }, false], [200, 'no JSON', { pointer: '/a' }, false], [500, '{"a":1}', { pointer: '/a' }, false]
  ]
  for (const [status, body, success, isSent] of cases) {
    const server = await startHttpServer(t, (response) => response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(status === 204 ? undefined : body))
    const { lines: _lines, ...dependencies } = createDependencies()
    const sending = createSmsSender({ provider: 'http', url: server.url, ...(success !== undefined && { success }) }, dependencies).send({ to: TO, body: 'x' })
    await (isSent ? t.resolves(sending, body) : t.rejects(sending, { code: 'AUTH_DELIVERY_FAILED' }, body))
  }
})

t.test('a long answer is cut, and an answer is never repeated', async (t) => {
  const long = await startHttpServer(t, (response) => response.end(`{"a":"${'x'.repeat(200_000)}"}`))
  const { lines, ...dependencies } = createDependencies()
  const sms = createSmsSender({ provider: 'http', url: long.url, success: { pointer: '/a' } }, dependencies)
  await rejectsTightLipped(t, sms.send({ to: TO, body: 'x' }), 'The SMS could not be sent by http: status 200, but not the answer of a success', lines, ['xxxx'])
  const telling = await startHttpServer(t, (response, { body }) => response.end(JSON.stringify({ status: body })))
  const second = createSmsSender({ provider: 'http', url: telling.url, form: { to: '{to}' }, success: { pointer: '/status', equals: 0 } }, dependencies)
  await rejectsTightLipped(t, second.send({ to: TO, body: 'x' }), 'The SMS could not be sent by http: status 200, but not the answer of a success', lines, [TO.slice(1)])
})

t.test('templates that cannot work are refused, and no secret is repeated', async (t) => {
  const { lines: _lines, ...dependencies } = createDependencies()
  const url = 'https://sms.example.com/send'
  const wrong: Array<[object, RegExp]> = [
    [{ url: undefined }, /sms\.url must be an http or https URL/], [{ url: 'https://{to}.example.com/' }, /placeholders only behind the host/], [{ url: 'https://sms.example.com{to}/' }, /placeholders only behind the host/],
    [{ url: 'http://sms.example.com/' }, /must use https/], [{ url: 'https://u:hush-hush@sms.example.com/' }, /must not contain credentials/], [{ url: `${url}/{text}` }, /sms\.url has \{text\}, which cannot be there/],
    [{ url: `${url}?x={hush-hush}&y={oops}` }, /sms\.url has a placeholder that does not exist/], [{ method: 'DELETE' }, /sms\.method must be one of/], [{ name: 'My SMS' }, /sms\.name must be/],
    [{ json: {}, form: {} }, /one of json, form and xml/], [{ method: 'GET', json: {} }, /GET, which has no body/], [{ form: { a: 1 } }, /sms\.form must be an object of texts/], [{ xml: {} }, /sms\.xml must be a text/],
    [{ json: { a: ['{hushhush}'] } }, /sms\.json has a placeholder that does not exist/], [{ headers: { 'x y': '1' } }, /sms\.headers has a name/], [{ headers: { Host: 'a' } }, /sms\.headers has a name/],
    [{ headers: { a: 'hush-hush\r\nx: y' } }, /visible ASCII/], [{ headers: { a: '{text}' } }, /sms\.headers has \{text\}/], [{ form: { a: '{from}' } }, /sms\.from is missing/], [{ from: ' ' }, /sms\.from must be/],
    [{ auth: { bearer: 'hush hush' } }, /sms\.auth\.bearer/], [{ auth: { user: 'a:b', password: 'hush-hush' } }, /sms\.auth\.user/], [{ auth: { user: 'a', password: 'hush-hush\n' } }, /sms\.auth\.password/],
    [{ success: 200 }, /sms\.success must be an object/], [{ success: { code: 200 } }, /sms\.success can have/], [{ success: { status: 2 } }, /sms\.success\.status/], [{ success: { pointer: 'a' } }, /sms\.success\.pointer/],
    [{ refused: [{ equals: 1 }] }, /sms\.refused\.equals needs a pointer/], [{ receipts: { status: 's' } }, /sms\.receipts needs/], [{ receipts: { status: 's', delivered: [], undelivered: [] } }, /sms\.receipts needs \{receipt_url\}/],
    [{ body: '{}' }, /sms\.body is no member of a template/]
  ]
  for (const [change, message] of wrong) {
    t.throws(() => createSmsSender({ provider: 'http', url, ...change } as HttpSmsOptions, dependencies), { code: 'AUTH_OPTIONS_INVALID', message, stack: /^(?!.*hush-?hush)/s }, JSON.stringify(change))
  }
})
