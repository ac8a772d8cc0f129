import { execFileSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { parseEnv } from 'node:util'
import { names } from '../../src/config/settings.js'
import { pathTo } from '../root.js'
import { createMachine, unitEnvironment } from './machine.js'

const UNIT = pathTo('deploy/systemd/fastify-2fa.service')
const SETTINGS = readFileSync(pathTo('deploy/systemd/settings.env'), 'utf8')
const PAGE = readFileSync(pathTo('docs/systemd.md'), 'utf8')

/** What is typed, in order. */
const typed = [...PAGE.matchAll(/^\$ (.*(?:\\\n.*)*)/gm)].map(([, line = '']) => line.replace(/ {2,}#.*$/, ''))

// Whatever it does not know it names, and goes on.
const verified = (unit: string): string[] => execFileSync('sh', ['-c', `systemd-analyze verify "${unit}" 2>&1 || true`], { encoding: 'utf8' }).split('\n')
  .filter((line) => line.includes('fastify-2fa') && !/Command .* is not executable/.test(line))

t.test('systemd knows every line of the unit, and of what is added to it on the page', async (t) => {
  t.same(verified(UNIT), [])
  const [, added = ''] = /printf '(.*)' \| sudo tee \/etc\/systemd\/system\/fastify-2fa\.service\.d\/paths\.conf/.exec(PAGE) ?? []
  const folder = t.testdir()
  cpSync(UNIT, join(folder, 'fastify-2fa.service'))
  mkdirSync(join(folder, 'fastify-2fa.service.d'))
  writeFileSync(join(folder, 'fastify-2fa.service.d/paths.conf'), added.replaceAll('\\n', '\n'))
  t.match(added, 'ReadWritePaths=/')
  t.same(verified(join(folder, 'fastify-2fa.service')), [])
})

t.test('the unit is confined: little is left that systemd could take away', async (t) => {
  const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', UNIT], { encoding: 'utf8' })
  t.match(said, /Overall exposure level for fastify-2fa\.service: 1\.3 OK/)
  t.match(PAGE, 'at 1.3 of 10')
})

t.test('it starts what the image starts, and waits longer than the service drains', async (t) => {
  const unit = readFileSync(UNIT, 'utf8')
  const [, entry] = /^ENTRYPOINT \["node", "(\S+)"\]$/m.exec(readFileSync(pathTo('Dockerfile'), 'utf8')) ?? []
  t.match(unit, `ExecStart=/usr/bin/node /opt/fastify-2fa/${entry} serve\n`)
  t.match(unit, '\nTimeoutStopSec=30s\n')
})

/** The settings for a SuperTokens Core, as their comment says. */
const remote = SETTINGS.replaceAll(/^(EMBEDDED_CORE|BACKUP)_.*\n/gm, '').replaceAll(/^# (?=(SUPERTOKENS|REDIS)_)/gm, '')

t.test('with the unit\'s environment and its settings the service takes either Core', async (t) => {
  const secrets = t.testdir()
  for (const [core, settings] of [[/core +embedded/, SETTINGS], [/core +https:\/\/core\.example\.com/, remote]] as const) {
    for (const [, name = '', value = ''] of settings.matchAll(/^(\w+)=(.*)$/gm)) {
      t.ok(names.includes(name.replace(/(?<!CORE)_FILE$/, '') as typeof names[number]), name)
      t.match(value, /^[^\s#'"\\]+$/, 'systemd and Node read it alike')
    }
    const local = settings.replaceAll(/\/run\/credentials\/fastify-2fa\.service\/secrets_(.*)/g, (_path, name: string) => {
      writeFileSync(join(secrets, name), 'a-secret-of-twenty-letters')
      return join(secrets, name)
    })
    const said = execFileSync(process.execPath, [pathTo('dist/src/cli.js'), 'config', 'check'], { env: { PATH: process.env.PATH, ...unitEnvironment(), ...parseEnv(local) }, cwd: secrets, encoding: 'utf8' })
    t.match(said, core)
  }
})

/** Resolves with the port once the service is ready. */
async function ready (t: Test, child: ChildProcess): Promise<number> {
  t.teardown(() => child.kill('SIGKILL'))
  let port = NaN
  const said: string[] = []
  for await (const line of createInterface(child.stdout!)) {
    said.push(line)
    port = Number(/listening at .*:(\d+)/.exec(line)?.[1] ?? port)
    if (line.includes('"ready"')) return port
  }
  throw new Error(said.join('\n'))
}

async function stop (child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'close')
}

t.test('what the page has one type works: the files are there, and root lists, backs up and restores', async (t) => {
  const machine = createMachine(t)
  // What asks systemd or the network, and what another test has.
  const done = typed.filter((line) => !/^(sudo )?(git|npm|systemctl|journalctl)\b|\| sudo tee/.test(line))
  t.equal(done.length, 11)
  const [prepares, works, restores] = [done.filter((line) => !/cli\.js|chown/.test(line)), done.filter((line) => line.includes('--env-file')), done.filter((line) => /restore|chown/.test(line))]
  t.strictSame([prepares.length, works.length, restores.length], [7, 2, 2])
  for (const line of prepares) t.match(await machine.type(line), { code: 0 }, line)
  for (const name of machine.secretsNamedIn(SETTINGS)) t.match(await machine.type(`sudoedit /etc/fastify-2fa/secrets/${name}`), { code: 0 })
  t.equal(readFileSync(machine.settings, 'utf8'), SETTINGS)
  const settings = { PORT: '0', AUDIT_SINKS: 'file', AUDIT_FILE: '/var/log/fastify-2fa/audit.log' }

  const child = machine.serve(settings)
  const port = await ready(t, child)
  const signUp = JSON.stringify({ formFields: [{ id: 'email', value: 'a@example.com' }, { id: 'password', value: 'correct horse 1' }] })
  t.match(await (await fetch(`http://127.0.0.1:${port}/auth/signup`, { method: 'POST', headers: { 'content-type': 'application/json', 'st-auth-mode': 'header' }, body: signUp })).json(), { status: 'OK' })
  const [list = '', backup = ''] = works
  t.match(await machine.type(list), { code: 0, said: 'a@example.com' }, list)
  t.match(await machine.type(backup), { code: 0, said: 'backed up' }, backup)
  t.match(await machine.type('cat /var/log/fastify-2fa/audit.log'), { code: 0, said: 'first-factor.passed' })
  await stop(child)
  machine.takeCredentials()

  for (const line of restores) t.match(await machine.type(line), { code: 0 }, line)
  const again = machine.serve(settings)
  await ready(t, again)
  t.match(await machine.type(list), { code: 0, said: 'a@example.com' }, 'the service has what was restored')
  await stop(again)
})
