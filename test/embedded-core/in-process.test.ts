import { join, relative } from 'node:path'
import t from 'tap'
import { createEmbeddedCore, type EmbeddedCore } from '../../src/embedded-core/index.js'

const CHEAP = { bcrypt_log_rounds: 4 }
const ACCOUNT = JSON.stringify({ email: 'alice@example.com', password: 'correct horse 1' })
const HEADERS = { 'cdi-version': '5.4', 'content-type': 'application/json', rid: 'emailpassword' }
const post = (core: EmbeddedCore, path: string) => core.fetch(core.connectionURI + path, { method: 'POST', headers: HEADERS, body: ACCOUNT })

/** What keeps a process alive and can be connected to. */
const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length

t.test('without a port nothing listens, and no key is needed', async (t) => {
  const before = servers()
  const core = await createEmbeddedCore({ port: false, config: CHEAP })
  t.teardown(() => core.close())
  t.equal(servers(), before)
  t.equal(core.apiKey, undefined)
  t.match(core.connectionURI, /^http:\/\/[0-9a-f]{32}\.embedded-core\.invalid$/)
  await t.rejects(fetch(`${core.connectionURI}/hello`), { message: 'fetch failed' }, 'the network does not know it')
  const hello = await core.fetch(`${core.connectionURI}/hello`)
  t.match({ ok: hello.ok, status: hello.status, text: await hello.text() }, { ok: true, status: 200, text: 'Hello\n' })
  t.equal((await core.fetch(core.connectionURI)).status, 200, 'the root, without a slash')
  for (const url of ['/hello', 'http://localhost/hello', `${core.connectionURI}.example.com/hello`]) await t.rejects(core.fetch(url), /connectionURI/, url)
  t.match(await (await post(core, '/recipe/signup')).json(), { status: 'OK' })
  t.equal((await core.fetch(`${core.connectionURI}/nowhere?x=1`)).status, 404)
})

t.test('a key of its own choice is asked for here too', async (t) => {
  const key = 'a-key-of-twenty-letters'
  for (const options of [{ port: false, apiKey: key }, { port: false, config: { api_keys: key } }, { apiKey: key }] as const) {
    const core = await createEmbeddedCore(options)
    t.teardown(() => core.close())
    t.equal(core.apiKey, key)
    const status = async (headers: Record<string, string>) => (await core.fetch(`${core.connectionURI}/users/count`, { headers })).status
    t.strictSame([await status({}), await status({ 'api-key': `${key}-` }), await status({ 'api-key': key })], [401, 401, 200])
  }
})

t.test('an answer can be read again, and what a caller changes in it is its own', async (t) => {
  const core = await createEmbeddedCore({ port: false, config: CHEAP })
  t.teardown(() => core.close())
  const response = await post(core, '/recipe/signup')
  const first = await response.json() as { user?: object }
  delete first.user
  t.match(await response.clone().json(), { status: 'OK', user: { emails: ['alice@example.com'] } })
  t.equal(response.headers.get('Content-Type'), 'application/json; charset=UTF-8')
})

t.test('a file has one name in this process, whoever opens it; everything else has another', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const names: string[] = []
  for (const options of [{ file }, { file: relative('.', file) }, { file: `${file}-2` }, {}, {}]) {
    const core = await createEmbeddedCore({ ...options, port: false })
    names.push(core.connectionURI)
    await core.close()
  }
  t.equal(names[0], names[1])
  t.equal(new Set(names).size, 4)
  const owner = await createEmbeddedCore({ file, port: false })
  t.teardown(() => owner.close())
  await t.rejects(createEmbeddedCore({ file, port: false }), { code: 'CORE_FILE_IN_USE' })
  t.equal((await owner.fetch(`${owner.connectionURI}/hello`)).status, 200, 'which takes nothing from the owner')
})

t.test('closing lets calls that run finish, and refuses others like a port that is closed', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const core = await createEmbeddedCore({ file, port: false, config: CHEAP })
  const running = post(core, '/recipe/signup')
  const closed = core.close()
  await t.rejects(post(core, '/recipe/signup'), { name: 'TypeError', message: 'fetch failed' }, 'in words that the SDK knows')
  t.match(await (await running).json(), { status: 'OK' })
  await closed
  await t.rejects(post(core, '/recipe/signin'), { message: 'fetch failed' })

  const again = await createEmbeddedCore({ file, port: false, config: CHEAP })
  t.teardown(() => again.close())
  t.match(await (await post(again, '/recipe/signin')).json(), { status: 'OK' }, 'it was stored')
})

t.test('a caller need not wait', async (t) => {
  const core = await createEmbeddedCore({ port: false, config: CHEAP })
  t.teardown(() => core.close())
  const init = { method: 'POST', headers: HEADERS, body: ACCOUNT }
  const reason = new Error('too long')
  await t.rejects(core.fetch(`${core.connectionURI}/recipe/signup`, { ...init, signal: AbortSignal.abort(reason) }), reason)
  t.match(await (await core.fetch(`${core.connectionURI}/users/count`)).json(), { count: 0 }, 'nothing was asked')
  const controller = new AbortController()
  const signUp = core.fetch(`${core.connectionURI}/recipe/signup`, { ...init, signal: controller.signal })
  controller.abort(reason)
  await t.rejects(signUp, reason)
})

t.test('with a port, both ways lead to the same Core', async (t) => {
  const core = await createEmbeddedCore({ config: CHEAP })
  t.teardown(() => core.close())
  const headers = { ...HEADERS, 'api-key': String(core.apiKey) }
  await core.fetch(`${core.connectionURI}/recipe/signup`, { method: 'POST', headers, body: ACCOUNT })
  t.match(await (await fetch(`${core.connectionURI}/users/count`, { headers })).json(), { count: 1 })
})
