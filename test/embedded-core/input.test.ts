import { get } from 'node:http'
import t from 'tap'
import { ExactNumber, writeJson } from '../../src/embedded-core/input/json.js'
import { parseJson } from '../../src/embedded-core/input/parse-json.js'
import { openCore, type Client, type SessionJson } from './client.js'

t.test('JSON is read as leniently as by the real Core, and no more', async (t) => {
  const taken: Array<[string, unknown]> = [
    ['{a:1}', { a: 1 }],
    ['{\'a\':1}', { a: 1 }],
    ['{\'it\\\'s\': "a \\"b\\" \\u0041\\n"}', { 'it\'s': 'a "b" A\n' }],
    ['{a=1;b=>two words;c:TRUE;d:Null}', undefined],
    ['{a=1;b=>two;c:TRUE;d:Null}', { a: 1, b: 'two', c: true, d: null }],
    ['\ufeff )]}\'\n{a:/* comment */1, # more\n b:2 // and more\r\n}', { a: 1, b: 2 }],
    ['[1,,2,]', [1, null, 2, null]],
    ['[]', []],
    ['[,]', [null, null]],
    ['["a\nb"]', ['a\nb']],
    ['{a:01, b:+1, c:1., d:.5, e:NaN, f:-Infinity, g:1_0}', { a: '01', b: '+1', c: '1.', d: '.5', e: 'NaN', f: '-Infinity', g: '1_0' }],
    ['{a:1,a:2}', { a: 2 }],
    ['{"":1}', { '': 1 }],
    ['-0.5e1', -5]
  ]
  const refuse = (text: string) => t.throws(() => parseJson(text), SyntaxError, text)
  for (const [text, value] of taken) {
    if (value === undefined) refuse(text)
    else t.strictSame(parseJson(text), value, text)
  }
  for (const text of ['', ' ', '{', '{a}', '{a:}', '{a:1,}', '{,}', '{:1}', '{a:1 b:2}', '[1 2]', '{a:1}}', '{a:1}{}', '"a', '"\\x"', '"\\u12"', '{a:1} /*', '{a:b\\}', ']']) refuse(text)
  t.ok(Object.hasOwn(parseJson('{"__proto__":{"a":1}}') as object, '__proto__'))
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  t.ok(parseJson(nested(255)))
  for (const depth of [256, 100_000]) refuse(nested(depth))
})

t.test('what is strict JSON is read as JSON.parse reads it, and written back', async (t) => {
  const values = [0, -1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, 123456789012345680000, 'a\u2028"\\\b\f', '', [[]], { a: [{ b: null, c: [true, false] }], 'd e': {} }]
  for (const value of values) t.strictSame(parseJson(JSON.stringify(value)), value)
  t.strictSame(parseJson(JSON.stringify(values, null, 2)), values)
})

t.test('a number that JavaScript would round stays as it was written', async (t) => {
  for (const text of ['9007199254740993', '-123456789012345678901234567890', '0.1234567890123456789', '1e400', '1e-400', '1.00000000000000000001']) {
    t.same(parseJson(text), new ExactNumber(text), text)
    t.equal(writeJson({ a: [parseJson(text), 1, undefined], b: undefined, c: 'x' }), `{"a":[${text},1,null],"c":"x"}`)
  }
  for (const [text, number] of [['9007199254740992', 2 ** 53], ['1.50000000000000000000', 1.5], ['1E5', 1e5], ['0.000000000000000000', 0], ['100000000000000000000', 1e20]] as const) {
    t.equal(parseJson(text), number, text)
  }
  t.throws(() => JSON.stringify(parseJson('9007199254740993')), 'a place that forgets to write exactly fails')
})

const post = ({ send }: Client, path: string, text: string, method = 'POST') => send(method, path, { body: text })

t.test('lenient bodies and other spellings of a path are taken over HTTP', async (t) => {
  const core = await openCore(t)
  for (const text of ['{role:admin}', '{\'role\':\'admin\'}', '{"role"="admin"; permissions:[]}']) t.equal((await post(core, '/recipe/role', text, 'PUT')).status, 200, text)
  for (const path of ['//recipe/roles', '/recipe//roles', '//public//recipe/roles/', '/recipe/./x/../roles', '/recipe/role%73', '/recipe/roles;a=b', '/RECIPE/roles']) {
    t.strictSame((await core.get(path)).body, { status: 'OK', roles: ['admin'] }, path)
  }
  // A client's `new URL` would resolve the dots and refuse the rest, so these are sent as they are.
  const raw = async (path: string) => await new Promise<number>((resolve, reject) => {
    const { hostname, port } = new URL(core.core.connectionURI)
    get({ hostname, port, path, headers: { 'api-key': core.core.apiKey } }, (response) => {
      response.resume()
      resolve(response.statusCode as number)
    }).on('error', reject)
  })
  for (const path of ['/../recipe/roles', '/recipe%2froles', '/recipe%5croles', '/recipe/%zz', '/%00']) t.equal(await raw(path), 400, path)
  t.equal(await raw('/recipe/x/../roles'), 200)
  const { text } = await post(core, '/recipe/role', '{a:1,}', 'PUT')
  t.equal(text, 'Invalid Json Input')
})

t.test('large numbers keep their digits: metadata, sessions, tokens and imports', async (t) => {
  const core = await openCore(t)
  const [beyond53, beyond64] = ['9007199254740993', '123456789012345678901']
  const payload = `{"a":${beyond53},"b":[${beyond64},0.12345678901234567890]}`

  const stored = await post(core, '/recipe/user/metadata', `{"userId":"u","metadataUpdate":${payload}}`, 'PUT')
  t.match(stored.text, payload)
  t.match((await core.get('/recipe/user/metadata?userId=u')).text, payload)
  await core.put('/recipe/user/metadata', { userId: 'u', metadataUpdate: { c: 1 } })
  t.match((await post(core, '/recipe/user/metadata/bulk', '{"userIds":["u"]}')).text, `"metadata":${payload.slice(0, -1)},"c":1}`)

  const created = await post(core, '/recipe/session', `{"userId":"u","enableAntiCsrf":false,"userDataInJWT":${payload},"userDataInDatabase":${payload}}`)
  const { accessToken, session } = created.body as unknown as SessionJson
  const claims = Buffer.from(accessToken.token.split('.')[1] as string, 'base64url').toString()
  t.match(claims, payload.slice(1, -1))
  const verified = await core.post('/recipe/session/verify', { accessToken: accessToken.token, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: true })
  t.match(verified.text, `"userDataInJWT":${payload}`)
  t.notOk('accessToken' in verified.body, 'the data in the token is that in the database')
  t.match((await core.get(`/recipe/session?sessionHandle=${session.handle}`)).text, `"userDataInDatabase":${payload}`)

  const { body: { jwt } } = await post(core, '/recipe/jwt', `{"payload":${payload},"algorithm":"RS256","jwksDomain":"d","validity":60}`)
  t.match(Buffer.from(String(jwt).split('.')[1] as string, 'base64url').toString(), payload.slice(1, -1))

  const user = `{"userMetadata":${payload},"externalUserId":"ext","loginMethods":[{"recipeId":"passwordless","email":"a@example.com"}]}`
  t.equal((await post(core, '/bulk-import/import', user)).status, 200)
  t.match((await core.get('/recipe/user/metadata?userId=ext')).text, payload)
})

t.test('whole numbers are cut to the width of their field, texts are not', async (t) => {
  const core = await openCore(t)
  const device = (period: string) => post(core, '/recipe/totp/device', `{"userId":"u","deviceName":"d","skew":0,"period":${period}}`)
  for (const period of ['30.9', '"30"', '[30]', '4294967326', '3e1', '123456789012345678901234567926']) t.equal((await device(period)).status, 200, period)
  t.match((await core.get('/recipe/totp/device/list?userId=u')).text, '"period":1312754422')
  for (const period of ['2147483648', '-1', '0.5', '1e400']) t.equal((await device(period)).text, 'period must be > 0', period)
  for (const period of ['true', '"2147483648"', '"3e1"', '1e10001', 'null', '{}']) t.equal((await device(period)).text, 'Field name \'period\' is invalid in JSON input', period)
})

t.test('around a text, ASCII blanks and control characters are cut off, as Java does it, and no others', async (t) => {
  const { post } = await openCore(t)
  const signUp = async (email: string) => (await post('/recipe/signup', { email, password: 'correct horse' })).body.status
  t.equal(await signUp('\u0001 ann@example.com\t'), 'OK')
  t.equal(await signUp('ann@example.com'), 'EMAIL_ALREADY_EXISTS_ERROR')
  t.equal(await signUp('\u00a0ann@example.com'), 'OK')
})
