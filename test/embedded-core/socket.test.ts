import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { createEmbeddedCore, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'
import { checkDirectory, socketBeside } from '../../src/embedded-core/socket-path.js'
import { fetchBySocket } from '../../src/socket-fetch.js'

const HEADERS = { 'cdi-version': '5.4', 'content-type': 'application/json' }

/** A folder with a short name: the path of a socket must fit into 108 bytes. */
function folder (t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'f2fa-'))
  t.teardown(() => { rmSync(made, { recursive: true, force: true }) })
  return made
}

async function start (t: Test, options: EmbeddedCoreOptions) {
  const core = await createEmbeddedCore({ port: false, durability: 'normal', config: { bcrypt_log_rounds: 4 }, ...options })
  t.teardown(() => core.close())
  return core
}

const count = async (path: string) => await (await fetchBySocket(path)('http://localhost/users/count', { headers: HEADERS })).json()
const modeOf = (path: string): number => lstatSync(path).mode & 0o777

t.test('beside the file, for its user alone, and gone when the Core is', async (t) => {
  const file = join(folder(t), 'core.db')
  const path = socketBeside(file)
  const core = await start(t, { file, socket: true })
  t.equal(core.socketProblem, undefined)
  t.equal(modeOf(path), 0o600)
  t.equal(modeOf(dirname(path)), 0o700)
  t.strictSame(await count(path), { status: 'OK', count: 0 })
  t.strictSame(await (await fetchBySocket(path)('http://localhost/recipe/signup', { method: 'POST', headers: HEADERS, body: JSON.stringify({ email: 'alice@example.com', password: 'correct horse 1' }) })).json().then((body) => (body as { status: string }).status), 'OK')
  t.equal((await fetchBySocket(path)('http://localhost/no-such-path', { headers: HEADERS })).status, 404)
  const idle = connect(path)
  await once(idle, 'connect')
  await core.close()
  t.notOk(existsSync(path), 'a client that says nothing does not hold it open')
  idle.destroy()
})

t.test('in memory as well, and in place of the key of a port', async (t) => {
  const path = join(folder(t), 'private', 'core.sock')
  const core = await start(t, { port: 0, socket: path })
  t.strictSame(await count(path), { status: 'OK', count: 0 }, 'no key')
  t.equal((await fetch(`${core.connectionURI}/users/count`, { headers: HEADERS })).status, 401, 'the port still wants it')
  await t.rejects(start(t, { socket: path }), { code: 'CORE_SOCKET_IN_USE' }, 'two Cores')
  t.strictSame(await count(path), { status: 'OK', count: 0 }, 'the first one goes on')
})

t.test('the socket of a process that was killed is replaced', async (t) => {
  const path = join(folder(t), 'private', 'core.sock')
  mkdirSync(dirname(path), { mode: 0o700 })
  const killed = spawn(process.execPath, ['-e', 'require("net").createServer().listen(process.argv[1], () => console.log("up"))', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(killed.stdout, 'data')
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  t.ok(lstatSync(path).isSocket())
  await start(t, { socket: path })
  t.strictSame(await count(path), { status: 'OK', count: 0 })
})

t.test('nothing that others may have put there is used, followed or removed', async (t) => {
  const shared = folder(t)
  const [target, path] = [join(shared, 'theirs'), join(shared, 'ours', 'core.sock')]
  mkdirSync(target, { mode: 0o700 })
  symlinkSync(target, join(shared, 'ours'))
  await t.rejects(start(t, { socket: path }), { code: 'CORE_SOCKET_UNUSABLE', message: /a link or a file/ })
  rmSync(join(shared, 'ours'))

  mkdirSync(join(shared, 'ours'), { mode: 0o700 })
  writeFileSync(path, 'precious')
  await t.rejects(start(t, { socket: path }), { message: /something else of this name/ })
  t.ok(existsSync(path))
  rmSync(path)
  symlinkSync(join(target, 'x'), path)
  await t.rejects(start(t, { socket: path }), { message: /something else of this name/ }, 'a link, also one that leads nowhere')
  rmSync(path)

  chmodSync(join(shared, 'ours'), 0o750)
  await t.rejects(start(t, { socket: path }), { message: /others may enter its directory.*chmod 700/ })
  t.throws(() => checkDirectory(path, { create: false }), { code: 'CORE_SOCKET_UNUSABLE' }, 'nor do commands use it')
  chmodSync(join(shared, 'ours'), 0o700)
  const getuid = process.getuid!
  t.teardown(() => { process.getuid = getuid })
  process.getuid = () => 4711
  await t.rejects(start(t, { socket: path }), { message: /belongs to another user/ })
  process.getuid = () => 0
  t.equal(checkDirectory(path, { create: false }), true, 'root may use that of a service')
})

t.test('a directory of the Core\'s own is mended, as after a volume has given it to a group', async (t) => {
  const file = join(folder(t), 'core.db')
  mkdirSync(dirname(socketBeside(file)))
  chmodSync(dirname(socketBeside(file)), 0o770)
  const core = await start(t, { file, socket: true })
  t.equal(core.socketProblem, undefined)
  t.equal(modeOf(dirname(socketBeside(file))), 0o700)
})

t.test('where it cannot be, a Core that only might have one starts without', async (t) => {
  const short = folder(t)
  const long = join(short, 'x'.repeat(100))
  mkdirSync(long)
  t.match((await start(t, { file: join(long, 'core.db'), socket: true })).socketProblem, /bytes, and the system takes 10\d at most/)
  await t.rejects(start(t, { socket: join(long, 'core.sock') }), { code: 'CORE_SOCKET_UNUSABLE', message: /Choose a shorter one/ })
  writeFileSync(join(short, 'file'), '')
  await t.rejects(start(t, { socket: join(short, 'file', 'below', 'core.sock') }), { message: /cannot be made \(ENOTDIR\)/ })
  await t.rejects(start(t, { socket: '' }), { code: 'CORE_OPTION_INVALID' })
})

t.test('Windows has none', async (t) => {
  const { platform } = process
  t.teardown(() => { Object.defineProperty(process, 'platform', { value: platform }) })
  Object.defineProperty(process, 'platform', { value: 'win32' })
  await t.rejects(start(t, { socket: 'core.sock' }), { code: 'CORE_SOCKET_UNUSABLE', message: /port and a key/ })
  const core = await start(t, { file: join(folder(t), 'core.db'), socket: true })
  t.equal(core.socketProblem, undefined)
})
