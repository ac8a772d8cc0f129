import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { run } from '../src/commands/run.js'
import { createEmbeddedCore } from '../src/embedded-core/index.js'
import { pathTo } from './root.js'

const VERSION = (JSON.parse(readFileSync(pathTo('package.json'), 'utf8')) as { version: string }).version

/** One command line in this process. */
async function command (argv: string[], env: Record<string, string> = {}, cwd = '/nonexistent') {
  let out = ''
  let err = ''
  const code = await run(argv, { env, cwd, out: (text) => { out += text }, err: (text) => { err += text } })
  return { code, out, err }
}

/** The built command in a process of its own, with an environment of its own. */
function cli (t: Test, args: string[], env: Record<string, string> = {}, cwd = t.testdir()) {
  // By way of env, which also takes away what tap adds to measure coverage: the built files are not what is measured.
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const child = spawn('env', ['-i', ...variables, process.execPath, pathTo('dist/src/cli.js'), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const closed = once(child, 'close').then(([code]) => code as number | null)
  const output = { out: '', err: '' }
  child.stderr.on('data', (data) => { output.err += String(data) })
  const lines: string[] = []
  const waiting: Array<() => void> = []
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    output.out += `${line}\n`
    for (const wake of waiting.splice(0)) wake()
  })
  /** The first line that has the text; a process that ends before is a failure with what it said. */
  async function line (text: string): Promise<string> {
    for (;;) {
      const found = lines.find((line) => line.includes(text))
      if (found !== undefined) return found
      const next = new Promise<'line'>((resolve) => waiting.push(() => resolve('line')))
      if (await Promise.race([next, closed]) !== 'line' && !lines.some((line) => line.includes(text))) throw new Error(`no ${text}: ${output.out}${output.err}`)
    }
  }
  return { child: child as ChildProcess, closed, output, lines, line }
}

async function listening (t: Test, server: Server): Promise<number> {
  t.teardown(() => { server.closeAllConnections(); server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

t.test('help and version', async (t) => {
  t.strictSame(await command(['--version']), { code: 0, out: `${VERSION}\n`, err: '' })
  t.strictSame(await command(['core', '-v']), { code: 0, out: `${VERSION}\n`, err: '' })
  const help = await command(['--help'])
  t.equal(help.code, 0)
  for (const text of ['fastify-2fa core', 'fastify-2fa config check', 'fastify-2fa health', '--version', 'SUPERTOKENS_CONNECTION_URI']) t.ok(help.out.includes(text), text)
  t.match(await command(['core', '--help']), { code: 0, out: /--api-key KEY/ })
  t.match(await command(['serve', '-h']), { code: 0, out: /PORT/ })
  t.match(await command(['config', '--help']), { code: 0, out: /example/ })
  t.match(await command(['health', '--help']), { code: 0, out: /--ready/ })
})

t.test('a wrong command line is exit code 2 and a hint', async (t) => {
  const cases: Array<[argv: string[], message: string]> = [
    [['confg'], 'Unknown command "confg". Did you mean "config"?'],
    [['toString'], 'Unknown command "toString".\n'],
    [['serve', 'now'], 'Unexpected "now".'],
    [['--hlep'], 'Unknown flag --hlep. Did you mean "help"?'],
    [['-x'], 'Unknown flag -x.\n'],
    [['--port', '4000'], 'Unknown flag --port. Set PORT in the environment.'],
    [['core', '--prot', '1'], 'Unknown flag --prot. Did you mean "port"?'],
    [['core', '--port'], '--port needs a value.'],
    [['core', '--file', '--port', '1'], '--file needs a value.'],
    [['core', '--host='], '--host needs a value.'],
    [['--help=yes'], '--help takes no value.'],
    [['config', 'chek'], 'Unknown action "chek". Use config check, config example or config table. Did you mean "check"?'],
    [['config', 'check', 'twice'], 'Unknown action "check twice".'],
    [['core', '--port', 'x'], '--port: expected a whole number'],
    [['core', '--log-level', 'loud'], '--log-level: expected one of'],
    [['core', '--durability', 'some'], '--durability: expected one of'],
    [['core', '--max-hash-wait', 'soon'], '--max-hash-wait: expected milliseconds from 0 to 60000'],
    [['core', '--config', '{"acces_token_validity":1}'], 'Did you mean "access_token_validity"?'],
    [['core', '--api-key', 'hush-hush'], '--api-key: expected a key of 20 or more letters, digits, `-` and `=`; got 9 characters (not shown).'],
    [['core', '--host', '0.0.0.0'], '--api-key is needed with --host 0.0.0.0']
  ]
  for (const [argv, message] of cases) {
    const { code, out, err } = await command(argv)
    t.equal(code, 2, argv.join(' '))
    t.ok(err.includes(message), err)
    t.match(err, /Try fastify-2fa (\w+ )?--help\n$/)
    t.equal(out, '')
  }
})

t.test('config check prints what would run, or all problems', async (t) => {
  const good = await command(['config', 'check'])
  t.match(good, { code: 0, err: '', out: /^listen +127\.0\.0\.1:3000\n.*core +embedded.*warning: NODE_ENV.*The configuration is valid\.\n$/s })
  t.strictSame(await command(['config']), good)
  const bad = await command(['config', 'check'], { PORT: 'x', SMS_PROVIDR: 'log' })
  t.strictSame([bad.code, bad.out], [1, ''])
  t.match(bad.err, /^Invalid configuration:\n {2}PORT: .*\n {2}SMS_PROVIDR: .*\n$/)
  const backedUp = await command(['config', 'check'], { BACKUP_DIR: '/backups', BACKUP_EVERY: '90m', BACKUP_KEY: 'k'.repeat(8).concat('abcdefghijklmnopqrstuvwxyz') })
  t.match(backedUp, { code: 0, out: /^backups +to \/backups every 90m, 7 kept, encrypted$/m })
  t.match(await command(['config', 'example']), { code: 0, out: /^# PORT=3000$/m })
  t.match(await command(['config', 'table']), { code: 0, out: /^\| `PORT` \|/m })
})

t.test('.env is read, and the real environment wins', async (t) => {
  const cwd = t.testdir({ '.env': 'PORT=4001\nHOST=::1\nLOG_LEVEL=debug # as a comment\n' })
  t.match(await command(['config', 'check'], {}, cwd), { out: /^listen +::1:4001\n/ })
  t.match(await command(['config', 'check'], { PORT: '4002', HOST: '' }, cwd), { out: /^listen +127\.0\.0\.1:4002\n/ })
  const unreadable = t.testdir({ '.env': {} })
  t.match(await command(['config', 'check'], {}, unreadable), { code: 1, err: /\.env cannot be read \(EISDIR\)/ })
})

t.test('health asks the service that runs', async (t) => {
  const seen: string[] = []
  let status = 200
  const port = await listening(t, createServer((request, response) => {
    seen.push(request.url ?? '')
    response.writeHead(status).end(status === 200 ? '{}' : '{"reasons":["core","redis","hush"]}')
  }))
  const env = { PORT: String(port) }
  t.strictSame(await command(['health'], env), { code: 0, out: 'ok\n', err: '' })
  t.strictSame(await command(['health', '--ready'], { ...env, HOST: '0.0.0.0' }), { code: 0, out: 'ok\n', err: '' })
  t.strictSame(seen, ['/health', '/ready'])
  status = 503
  t.strictSame(await command(['health', '--ready'], env), { code: 1, out: '', err: `http://127.0.0.1:${port}/ready answers 503: core, redis.\n` })
  t.match(await command(['health'], { ...env, HOST: '::' }), { code: 1, err: `http://[::1]:${port}/health does not answer` })
  t.match(await command(['health'], { PORT: '0' }), { code: 1, err: 'With PORT=0 it cannot be found' })
})

t.test('errors of start-up say what to do', async (t) => {
  const port = String(await listening(t, createServer()))
  t.match(await command(['core', '--port', port]), { code: 1, out: '', err: `127.0.0.1:${port} is in use` })
  t.match(await command(['core', '--host', '192.0.2.1', '--api-key', 'a-key-of-twenty-letters', '--port', '0']), { code: 1, err: /^Cannot listen on that host/ })
  t.match(await command(['serve'], { PORT: 'x' }), { code: 1, err: /^Invalid configuration/ })
  const { closed, output } = cli(t, [], { PORT: port, LOG_LEVEL: 'silent' })
  t.equal(await closed, 1)
  t.equal(output.err, `127.0.0.1:${port} is in use by another process. Choose another port, or stop that process.\n`)
  const elsewhere = cli(t, [], { PORT: '0', LOG_LEVEL: 'silent', EMBEDDED_CORE_FILE: ':memory:', NODE_ENV: 'development', HOST: '192.0.2.1' })
  t.equal(await elsewhere.closed, 1)
  t.match(elsewhere.output.err, /^Cannot listen on that host: it is not an address of this machine \(.*\)\. Choose another host\.\n$/)
})

t.test('files and settings that cannot work are one line each, which says what to do, and nothing listens', async (t) => {
  const place = t.testdir({ file: 'no database, but a text that is long enough to be taken for one', folder: { 'core.sqlite': {} }, owned: { 'core.sqlite': '' } })
  const at = (file: string) => ({ PORT: '0', LOG_LEVEL: 'silent', EMBEDDED_CORE_FILE: file })
  const directory = (path: string, reason: string) => `The directory ${path} cannot be used for data: ${reason}. Change who owns it (chown), or name a file elsewhere (EMBEDDED_CORE_FILE).\n`
  const starts: Array<[env: Record<string, string>, message: string | RegExp]> = [
    [at(join(place, 'file', 'deep', 'core.sqlite')), directory(join(place, 'file', 'deep'), 'part of its path is a file')],
    [at(join(place, 'file', 'core.sqlite')), directory(join(place, 'file'), 'a file has its name')],
    // Where nothing can be made, Node's own recursion goes on for ever.
    [at('/proc/nowhere/deep/core.sqlite'), directory('/proc/nowhere/deep', 'a folder above it does not exist, and cannot be made')],
    [at(join(place, 'folder', 'core.sqlite')), `The database file ${join(place, 'folder', 'core.sqlite')} cannot be used: it is a directory. Name a file in it.\n`],
    [at(join(place, 'file')), /^The database file \S+ cannot be used: file is not a database\n$/],
    [{ PROT: '3001' }, 'Invalid configuration:\n  PROT: this setting does not exist. Did you mean PORT?\n'],
    [{ HSOT: '::1' }, 'Invalid configuration:\n  HSOT: this setting does not exist. Did you mean HOST?\n'],
    [{ ...at(':memory:'), TLS_CERT_FILE: join(place, 'none.crt') }, 'Invalid configuration:\n  TLS_KEY_FILE: TLS_CERT_FILE needs it.\n'],
    [{ ...at(':memory:'), TLS_CERT_FILE: join(place, 'file'), TLS_KEY_FILE: join(place, 'file') }, /^Invalid configuration:\n {2}TLS_CERT_FILE: \S+ holds no certificate in PEM\.\n$/]
  ]
  for (const [env, message] of starts) {
    const { code, out, err } = await command([], env)
    t.strictSame([code, out], [1, ''], err)
    t.match(err, message)
    t.notMatch(err, /\n +at /)
  }
  t.match(await command(['core', '--port', '0', '--file', join(place, 'file', 'core.sqlite')]), { code: 1, out: '', err: directory(join(place, 'file'), 'a file has its name') })
})

/** Root may write anywhere. */
const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : []

t.test('what its user may not do is one line too', async (t) => {
  const place = t.testdir({ readOnly: {}, hasData: { data: {} }, withEnv: { '.env': 'PORT=0\n' } })
  chmodSync(join(place, 'readOnly'), 0o555)
  chmodSync(join(place, 'hasData', 'data'), 0o555)
  chmodSync(join(place, 'withEnv', '.env'), 0)
  const run = (cwd: string, env: Record<string, string>) => {
    const { status, stdout, stderr } = spawnSync('env', ['-i', `PATH=${process.env.PATH}`, ...asNobody, 'env', 'LOG_LEVEL=silent', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), process.execPath, pathTo('dist/src/cli.js')], { cwd: join(place, cwd), encoding: 'utf8', timeout: 60_000 })
    return [status, stdout, stderr]
  }
  t.match(run('readOnly', { PORT: '0' }), [1, '', /^The directory \S+\/readOnly\/data cannot be used for data: this user may not write there\. .*\n$/])
  t.match(run('hasData', { PORT: '0' }), [1, '', /^The database file \.\/data\/core\.sqlite cannot be used: this user may not write to it or to its directory.*\n$/])
  t.match(run('withEnv', {}), [1, '', /^\S+\.env cannot be read \(EACCES\)\. Check .*\n$/])
})

t.test('in a directory that has been removed a start ends', async (t) => {
  const before = process.cwd()
  const gone = realpathSync(mkdtempSync(join(tmpdir(), 'gone-')))
  t.teardown(() => {
    process.chdir(before)
    rmSync(gone, { recursive: true, force: true })
  })
  process.chdir(gone)
  t.equal(process.cwd(), gone, 'which Node remembers')
  rmSync(gone, { recursive: true })
  for (const argv of [['core', '--port', '0', '--file', './data/core.sqlite'], ['serve']]) {
    const { code, out, err } = await command(argv, { PORT: '0', LOG_LEVEL: 'silent' })
    t.strictSame([code, out], [1, ''], err)
  }
})

t.test('what is nobody\'s fault is shown with its stack', async (t) => {
  const io = { env: {}, cwd: '/nonexistent', err: (text: string) => { err += text } }
  let err = ''
  t.equal(await run(['--version'], { ...io, out () { throw new Error('out of paper') } }), 1)
  t.match(err, /^Error: out of paper\n +at /)
  err = ''
  t.equal(await run(['--version'], { ...io, out () { throw 'paper' } }), 1) // eslint-disable-line no-throw-literal
  t.match(err, /^Error: paper\n/)
  err = ''
  t.equal(await run(['--version'], { ...io, out () { throw Object.assign(new Error('no stack'), { stack: undefined }) } }), 1)
  t.equal(err, 'no stack\n')
  err = ''
  t.equal(await run(['--version'], { ...io, out () { throw Object.assign(new Error('x'), { code: 'EACCES', address: '::1', port: 80 }) } }), 1)
  t.equal(err, 'Not allowed to listen on ::1:80. Choose a port above 1023.\n')
})

/** Servers in this process end by `end`, with what would be the exit code of the process; their signal handlers go with the test. */
function ending (t: Test) {
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'uncaughtException', 'unhandledRejection'] as const
  const before = new Map(names.map((name) => [name, process.listeners(name as 'SIGTERM')]))
  const added = (name: typeof names[number]) => process.listeners(name as 'SIGTERM').filter((listener) => !before.get(name)?.includes(listener))
  t.teardown(() => {
    for (const name of names) for (const listener of added(name)) process.removeListener(name, listener)
  })
  const exited = new Promise<number>((resolve) => {
    t.intercept(process, 'exit', { value: (code: number) => { resolve(code) } })
  })
  return async (name: 'SIGTERM' | 'uncaughtException', value: string | Error): Promise<number> => {
    for (const listener of added(name)) (listener as (value: unknown) => void)(value)
    return await exited
  }
}

t.test('the key that encrypts a file comes from the environment, and is not shown', async (t) => {
  t.match(await command(['core', '--port', '0'], { CORE_SECRET_KEY: 'hush-hush' }), { code: 2, out: '', err: /CORE_SECRET_KEY: expected a key of 32 or more.*9 characters/ })
})

t.test('the core command in this process', async (t) => {
  const end = ending(t)
  const file = join(t.testdir(), 'new', 'core.sqlite')
  const { code, out } = await command(['core', '--port', '0', '--file', file, '--api-key', 'first-key-of-twenty-letters', '--api-key', 'second-key-of-twenty-letters', '--log-level', 'silent'],
    { CORE_SECRET_KEY: 'x'.repeat(32) })
  t.equal(code, 0)
  const url = out.trim()
  const status = async (key: string): Promise<number> => (await fetch(`${url}/apiversion`, { headers: { 'api-key': key } })).status
  t.strictSame([await status('first-key-of-twenty-letters'), await status('second-key-of-twenty-letters'), await status('x')], [200, 200, 401])
  t.equal(await end('uncaughtException', new Error('nobody handled me')), 1)
  await t.rejects(fetch(url))
  await t.rejects(createEmbeddedCore({ file }), { code: 'CORE_SECRET_KEY_REQUIRED' })
})

t.test('the service in this process', async (t) => {
  const end = ending(t)
  t.strictSame(await command([], { LOG_LEVEL: 'silent', PORT: '0', EMBEDDED_CORE_FILE: ':memory:' }), { code: 0, out: '', err: '' })
  t.equal(await end('SIGTERM', 'SIGTERM'), 0)
})

t.test('the entry file runs the command line of its process', async (t) => {
  t.intercept(process, 'argv', { value: ['node', 'cli', '--version', '--hlep'] })
  const written: string[] = []
  t.intercept(process.stderr, 'write', { value: (text: string) => { written.push(text); return true } })
  t.teardown(() => { process.exitCode = 0 })
  await import('../src/cli.js')
  t.equal(process.exitCode, 2)
  t.match(written, [/Unknown flag --hlep/])
})

t.test('the entry file prints on stdout', async (t) => {
  const { closed, output } = cli(t, ['--version'])
  t.equal(await closed, 0)
  t.equal(output.out, `${VERSION}\n`)
})

t.test('with a wrong configuration nothing listens and nothing is written', async (t) => {
  const cwd = t.testdir()
  const { closed, output } = cli(t, [], { PORT: 'x', SMS_PROVIDER: 'twillio' }, cwd)
  t.equal(await closed, 1)
  t.match(output, { out: '', err: /PORT: .*\n.*SMS_PROVIDER: .*Did you mean "twilio"/ })
  t.notOk(existsSync(join(cwd, 'data')))
})

t.test('serve runs with nothing configured, and ends in order', async (t) => {
  const cwd = t.testdir()
  const { child, closed, line } = cli(t, [], { PORT: '0' }, cwd)
  const { msg } = JSON.parse(await line('Server listening')) as { msg: string }
  const ready = JSON.parse(await line('"ready"')) as Record<string, unknown>
  t.match(ready, { core: 'embedded, SQLite file ./data/core.sqlite', sms: 'log' })
  t.notOk('coreAddress' in ready, 'the Core has no port')
  const url = /http:\S+/.exec(msg)?.[0] ?? ''
  t.match(url, /^http:\/\/127\.0\.0\.1:/, 'not reachable from elsewhere')
  t.equal((await fetch(`${url}/health`)).status, 200)
  t.equal((await fetch(`${url}/ready`)).status, 200)
  t.ok(existsSync(join(cwd, 'data/core.sqlite')))
  child.kill('SIGTERM')
  await line('"closed"')
  t.equal(await closed, 0)
})

t.test('the Core inside has a port only if it is asked for, and wants its key there', async (t) => {
  const key = 'a-key-of-twenty-letters'
  const { child, closed, line } = cli(t, [], { PORT: '0', EMBEDDED_CORE_FILE: ':memory:', EMBEDDED_CORE_PORT: '0', EMBEDDED_CORE_API_KEY: key })
  const { msg } = JSON.parse(await line('Server listening')) as { msg: string }
  const { coreAddress } = JSON.parse(await line('"ready"')) as { coreAddress: string }
  t.match(coreAddress, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${/http:\S+/.exec(msg)?.[0]}/ready`)).status, 200)
  const statusWith = async (headers: Record<string, string>) => (await fetch(`${coreAddress}/users/count`, { headers })).status
  t.strictSame([await statusWith({}), await statusWith({ 'api-key': key })], [401, 200])
  child.kill('SIGTERM')
  t.equal(await closed, 0)
})

t.test('the Core alone prints its address first, and needs no key on loopback', async (t) => {
  const { child, closed, line, lines, output } = cli(t, ['core', '--port', '0', '--log-level', 'info'])
  await line('http://')
  const url = lines[0] ?? ''
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal(await (await fetch(`${url}/hello`)).text(), 'Hello\n')
  t.match(await (await fetch(`${url}/apiversion`)).json(), { versions: ['5.1', '5.2', '5.3', '5.4'] })
  child.kill('SIGINT')
  t.equal(await closed, 0)
  t.equal(output.out, `${url}\n`)
})

t.test('keys in the configuration of the Core alone are keys', async (t) => {
  const { line, lines } = cli(t, ['core', '--port', '0', '--config', '{"api_keys":"a-key-of-twenty-letters"}'])
  await line('http://')
  t.equal((await fetch(`${lines[0]}/apiversion`)).status, 401)
})

t.test('a reader that has enough, such as head, is no error', async (t) => {
  const child = spawn('env', ['-i', process.execPath, pathTo('dist/src/cli.js'), 'config', 'table'], { cwd: t.testdir() })
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (data) => { err += String(data) })
  const [code] = await once(child, 'close') as [number]
  t.strictSame([code, err], [0, ''])
})

t.test('the built file is a program', async (t) => {
  t.match(readFileSync(pathTo('dist/src/cli.js'), 'utf8'), /^#!\/usr\/bin\/env node\n/)
  const copy = t.testdir({ bin: t.fixture('symlink', pathTo('dist/src/cli.js')) })
  // As `npx` and `npm install -g` do it: an executable symbolic link.
  chmodSync(pathTo('dist/src/cli.js'), 0o755)
  const child = spawn('env', ['-i', `PATH=${process.env.PATH}`, join(copy, 'bin'), '--version'])
  t.equal(String((await once(child.stdout, 'data'))[0]), `${VERSION}\n`)
})
