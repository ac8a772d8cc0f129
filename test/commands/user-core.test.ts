import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { fileOfVersionOne } from '../embedded-core/version-one.js'

const KEY = 'a-key-of-twenty-letters'
const LOCKED = { 'fastify-2fa:failures': { count: 50, lockedAt: '2030-01-01T00:00:00.000Z' } }

async function unlock (words: string[], env: Record<string, string>) {
  let out = ''
  let err = ''
  const code = await run(['user', ...words, '--reason', 'asked by phone'], { env, cwd: '/nonexistent', out: (text) => { out += text }, err: (text) => { err += text } })
  return { code, out, err }
}

async function ask (core: { connectionURI: string, apiKey: string | undefined }, method: string, path: string, body?: object) {
  const response = await fetch(core.connectionURI + path, {
    method, headers: { 'content-type': 'application/json', 'cdi-version': '5.4', 'api-key': core.apiKey ?? '' }, ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return await response.json() as Record<string, Record<string, unknown>>
}

type Core = Awaited<ReturnType<typeof createEmbeddedCore>>

async function lockedUser (core: Core): Promise<string> {
  const { user } = await ask(core, 'POST', '/recipe/signup', { email: `${Math.random()}@example.com`, password: 'correct horse 1' })
  const userId = String(user!.id)
  await ask(core, 'PUT', '/recipe/user/metadata', { userId, metadataUpdate: { ...LOCKED, passwordlessUserId: 'x' } })
  return userId
}

async function metadataOf (core: Core, userId: string) {
  return (await ask(core, 'GET', `/recipe/user/metadata?userId=${userId}`)).metadata
}

const UNLOCKED = { passwordlessUserId: 'x', 'fastify-2fa:failures': { unlocked: Number } }

t.test('a Core elsewhere, the second of two', async (t) => {
  const core = await createEmbeddedCore({ apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const env = { SUPERTOKENS_CONNECTION_URI: `http://127.0.0.1:1;${core.connectionURI}/`, SUPERTOKENS_API_KEY: KEY }
  const userId = await lockedUser(core)
  t.strictSame(await unlock(['unlock', userId], env), { code: 0, out: `The second factor of ${userId} is unlocked.\n`, err: '' })
  const metadata = await metadataOf(core, userId)
  t.match(metadata, UNLOCKED)
  t.notOk(JSON.stringify(metadata).includes('lockedAt'))
  t.strictSame(await unlock(['unlock', 'nobody'], env), { code: 1, out: '', err: 'There is no user nobody. Check the id.\n' })
  t.match(await unlock(['unlock', userId], { ...env, SUPERTOKENS_API_KEY: 'another-key-of-twenty-letters' }), { code: 1, err: 'The Core answers 401: the key is wrong. Check SUPERTOKENS_API_KEY or EMBEDDED_CORE_API_KEY.\n' })
  t.match(await unlock(['unlock', userId], { ...env, SUPERTOKENS_CONNECTION_URI: 'http://127.0.0.1:1' }), { code: 1, err: 'The Core does not answer. Check its address, and whether it is running.\n' })
})

t.test('a Core that fails', async (t) => {
  const server = createServer((_request, response) => { response.writeHead(500).end() }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port } = server.address() as AddressInfo
  t.match(await unlock(['unlock', 'x'], { SUPERTOKENS_CONNECTION_URI: `http://127.0.0.1:${port}` }), { code: 1, err: 'The Core answers 500.\n' })
})

t.test('the embedded Core: by its port while the service runs, by its file when it does not', async (t) => {
  const file = join(t.testdir(), 'core.sqlite')
  const core = await createEmbeddedCore({ file, apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  const port = new URL(core.connectionURI).port
  const userId = await lockedUser(core)
  t.match(await unlock(['unlock', userId], { EMBEDDED_CORE_FILE: file, EMBEDDED_CORE_PORT: port, EMBEDDED_CORE_API_KEY: KEY }), { code: 0 })
  t.match(await metadataOf(core, userId), UNLOCKED)
  t.match(await unlock(['unlock', userId], { EMBEDDED_CORE_FILE: file }), { code: 1, err: /The service is running and owns .*EMBEDDED_CORE_SOCKET/ })
  t.match(await unlock(['unlock', userId], { EMBEDDED_CORE_FILE: ':memory:' }), { code: 1, err: /in the memory of the service/ })
  const another = await lockedUser(core)
  await core.close()
  t.match(await unlock(['unlock', another], { EMBEDDED_CORE_FILE: file, EMBEDDED_CORE_PORT: port, EMBEDDED_CORE_API_KEY: KEY }), { code: 0 })
  const again = await createEmbeddedCore({ file, apiKey: KEY })
  t.teardown(() => again.close())
  t.match(await metadataOf(again, another), UNLOCKED)
  await again.close()
  t.match(await unlock(['unlock', another], { EMBEDDED_CORE_FILE: file, CORE_SECRET_KEY: 'x'.repeat(32) }), { code: 0 })
  t.match(await unlock(['unlock', another], { EMBEDDED_CORE_FILE: file }), { code: 1, err: /CORE_SECRET_KEY/ })
  t.match(await unlock(['unlock', another], { EMBEDDED_CORE_FILE: '/nonexistent/core.sqlite' }), { code: 1, err: /cannot be used/ })
})

t.test('the embedded Core of a running service by its socket, without port or key', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'f2fa-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const file = join(folder, 'core.sqlite')
  const core = await createEmbeddedCore({ file, socket: true, apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const userId = await lockedUser(core)
  t.match(await unlock(['unlock', userId], { EMBEDDED_CORE_FILE: file }), { code: 0 })
  t.match(await metadataOf(core, userId), UNLOCKED)
  chmodSync(`${file}.socket`, 0o750)
  t.match(await unlock(['unlock', userId], { EMBEDDED_CORE_FILE: file }), { code: 1, err: /owns .*others may enter its directory.*Run this as the user of the service/ })

  const memory = await createEmbeddedCore({ socket: join(folder, 'own', 'core.sock'), config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => memory.close())
  const another = await lockedUser(memory)
  t.match(await unlock(['unlock', another], { EMBEDDED_CORE_FILE: ':memory:', EMBEDDED_CORE_SOCKET: join(folder, 'own', 'core.sock') }), { code: 0 })
})

t.test('a command that brings a file up to a newer schema leaves that for the audit', async (t) => {
  const file = fileOfVersionOne(t)
  await unlock(['unlock', 'nobody'], { EMBEDDED_CORE_FILE: file })
  const core = await createEmbeddedCore({ file })
  t.teardown(() => core.close())
  const [entry] = Object.values(await metadataOf(core, 'fastify-2fa-agenda') ?? {}) as Array<{ act: { events: object[] } }>
  t.match(entry?.act.events, [/^\S+: schema 1 to \d+$/, /app-b: schema 1/].map((reason) => ({ type: 'core.migrated', reason })))
})

t.test('what it cannot do', async (t) => {
  t.match(await unlock(['unlok', 'x'], {}), { code: 2, err: /Unknown action "unlok"\. .* Did you mean "unlock"\?/ })
  t.match(await unlock([], {}), { code: 2 })
  t.match(await unlock(['unlock'], {}), { code: 2, err: /exactly one user: user unlock <who>/ })
  t.match(await unlock(['unlock', 'a', 'b'], {}), { code: 2, err: /exactly one user/ })
  t.match((await unlock(['--help'], {})).out, /Verify who is asking/)
})
