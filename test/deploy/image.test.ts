import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { buildImage, healthCommand, nodeOfImage, runImage, type Running } from './dockerfile.js'

/** There is no engine, so this takes the steps of the Dockerfile itself, each in a sandbox with a root of its own. */
const run = promisify(execFile)
const node = nodeOfImage()

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-image-'))
t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
const cache = join(homedir(), '.npm')
mkdirSync(cache, { recursive: true })
const image = await buildImage({ folder, node, cache })

const SETTINGS = {
  PORT: '0',
  HOST: '127.0.0.1',
  API_DOMAIN: 'http://localhost:3000',
  SMS_PROVIDER: 'log',
  MAIL_PROVIDER: 'log',
  PRINT_CODES_IN_PRODUCTION: 'true',
  EMBEDDED_CORE_IN_PRODUCTION: 'true',
  HOSTED_PAGES: 'true'
}

function container (t: Test, options: Partial<Running> & { volume: string }) {
  const child = runImage(image, { node, ...options, env: { ...SETTINGS, ...options.env } })
  t.teardown(() => child.kill('SIGKILL'))
  const said: string[] = []
  child.stderr?.on('data', (data) => said.push(String(data)))
  const closed = once(child, 'close').then(([code]) => ({ code: code as number | null, said: said.join('') }))
  const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
  async function line (text: string): Promise<string> {
    for (;;) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`no ${text}: ${(await closed).said}`)
      said.push(`${value}\n`)
      if ((value as string).includes(text)) return value as string
    }
  }
  return { child, closed, line }
}

function volumeOf (t: Test): string {
  const volume = mkdtempSync(join(tmpdir(), 'fastify-2fa-volume-'))
  t.teardown(() => { rmSync(volume, { recursive: true, force: true }) })
  return volume
}

t.test('the program and what it needs are less than 50 MB, and no driver that Node has itself', async (t) => {
  const app = join(image.root, 'app')
  const bytes = readdirSync(app, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  t.ok(bytes < 50e6, `${Math.round(bytes / 1e6)} MB`)
  const { stdout } = await run('sh', ['-c', `tar c -C "${app}" . | gzip | wc -c`])
  t.ok(Number(stdout) < 12e6, `${Math.round(Number(stdout) / 1e6)} MB as it is pulled`)
  t.notOk(readdirSync(join(app, 'node_modules')).includes('@photostructure'))
  t.strictSame(readdirSync(app).sort(), ['LICENSE', 'data', 'dist', 'node_modules', 'package.json', 'service', 'src'])
})

t.test('a login works, the file is on the volume, and nothing else is written', async (t) => {
  const volume = volumeOf(t)
  const { child, closed, line } = container(t, { volume })
  const { msg } = JSON.parse(await line('Server listening')) as { msg: string }
  const port = Number(/:(\d+)$/.exec(msg)?.[1])
  await line('"ready"')
  const headers = { 'content-type': 'application/json', 'st-auth-mode': 'header' }
  const api = `http://127.0.0.1:${port}/auth`
  const signedUp = await fetch(`${api}/signup`, { method: 'POST', headers, body: JSON.stringify({ formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'correct horse 1' }] }) })
  t.match(await signedUp.json(), { status: 'OK' })
  const asked = await fetch(`${api}/signinup/code`, { method: 'POST', headers: { ...headers, authorization: `Bearer ${signedUp.headers.get('st-access-token')}` }, body: '{"phoneNumber":"+12125550123"}' })
  t.match(await asked.json(), { status: 'OK' })
  t.ok(readdirSync(volume).includes('core.sqlite'))
  t.match(await container(t, { volume, command: healthCommand(image), env: { PORT: String(port) } }).closed, { code: 0 })
  t.match(await fetch(api), { status: 200 }, 'its pages are there')
  child.kill('SIGKILL')
  await closed
  const again = container(t, { volume })
  await again.line('"ready"')
  t.pass('it starts again after a crash')
})

t.test('without what production has to name it does not start', async (t) => {
  const { code, said } = await container(t, { volume: volumeOf(t), env: { EMBEDDED_CORE_IN_PRODUCTION: '' } }).closed
  t.equal(code, 1)
  t.match(said, 'EMBEDDED_CORE_IN_PRODUCTION=true')
})

t.test('root owns the program, and its user can write nowhere but to the volume', async (t) => {
  const volume = volumeOf(t)
  const { child, closed } = container(t, { volume, command: ['sh', '-c', 'id -u; touch /app/x /app/dist/x /etc/x; touch /data/x && ls /data; find /app -user node; grep CapEff /proc/self/status'] })
  let out = ''
  child.stdout?.on('data', (data) => { out += String(data) })
  await closed
  t.equal(out, '1000\nx\nCapEff:\t0000000000000000\n')
})
