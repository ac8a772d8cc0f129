import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseEnv } from 'node:util'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

/** One of those that systemd gives to users that exist only while a service runs. */
const DYNAMIC_USER = 61184

/** What the unit sets itself. */
export const unitEnvironment = (): Record<string, string> => Object.fromEntries([...readFileSync(pathTo('deploy/systemd/fastify-2fa.service'), 'utf8').matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]))

const SECRETS = '/run/credentials/fastify-2fa.service/secrets_'

/**
 * A machine in a sandbox, without systemd: with its folders as the unit's settings make them, and this repository in
 * /opt/fastify-2fa. What is no program here, such as sudo, does nothing but run what follows.
 */
export function createMachine (t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-machine-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  for (const path of ['etc/systemd/system', 'var/lib/private/fastify-2fa', 'var/lib/private/fastify-2fa-backups', 'var/log/private/fastify-2fa', 'run', 'root', 'mnt', 'stubs']) mkdirSync(join(folder, path), { recursive: true })
  for (const [link, to] of [['lib', 'fastify-2fa'], ['lib', 'fastify-2fa-backups'], ['log', 'fastify-2fa']] as const) {
    symlinkSync(`private/${to}`, join(folder, 'var', link, to))
    chownSync(join(folder, 'var', link, 'private', to), DYNAMIC_USER, DYNAMIC_USER)
  }
  for (const name of ['passwd', 'group', 'shadow', 'gshadow', 'login.defs']) if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, join(folder, 'etc', name))
  const stub = (name: string, script: string): void => { writeFileSync(join(folder, 'stubs', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }) }
  stub('sudo', 'exec "$@"')
  stub('sudoedit', 'case "$1" in */secrets/*) echo a-secret > "$1" ;; *) test -w "$1" ;; esac')
  const system = ['/usr', '/bin', '/sbin', '/lib', '/lib64'].filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path])
  const confine = [
    '--die-with-parent', '--unshare-pid', ...system,
    ...['etc', 'var', 'run', 'root', 'mnt'].flatMap((name) => ['--bind', join(folder, name), `/${name}`]),
    '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--perms', '0755', '--dir', '/opt', '--ro-bind', join(folder, 'stubs'), '/opt/stubs', '--ro-bind', dirname(process.execPath), '/opt/node', '--ro-bind', pathTo('.'), '/opt/fastify-2fa',
    '--clearenv', '--setenv', 'PATH', '/opt/stubs:/opt/node:/usr/bin:/bin:/usr/sbin:/sbin'
  ]

  /** systemd gives the service copies of the secrets that it may read, and takes them away when it stops. */
  function giveCredentials (): void {
    const directory = join(folder, 'run/credentials/fastify-2fa.service')
    mkdirSync(directory, { recursive: true })
    chownSync(directory, DYNAMIC_USER, DYNAMIC_USER)
    for (const name of readdirSync(join(folder, 'etc/fastify-2fa/secrets'))) {
      copyFileSync(join(folder, 'etc/fastify-2fa/secrets', name), join(directory, `secrets_${name}`))
      chownSync(join(directory, `secrets_${name}`), DYNAMIC_USER, DYNAMIC_USER)
      chmodSync(join(directory, `secrets_${name}`), 0o400)
    }
  }

  return {
    settings: join(folder, 'etc/fastify-2fa/settings.env'),
    secretsNamedIn: (settings: string): string[] => [...settings.matchAll(/^\w+_FILE=(.*)$/gm)].flatMap(([, path = '']) => path.startsWith(SECRETS) ? [path.slice(SECRETS.length)] : []),
    /** Runs a line of a shell as root. */
    async type (line: string): Promise<{ code: number | null, said: string }> {
      const child = spawn('bwrap', [...confine, '--chdir', '/opt/fastify-2fa', 'sh', '-c', `${line} 2>&1`], { stdio: ['ignore', 'pipe', 'inherit'] })
      const closed = new Promise<number | null>((resolve) => { child.once('close', resolve) })
      const said = await text(child.stdout)
      return { code: await closed, said }
    },
    /** Starts the service as the unit does. */
    serve (settings: Record<string, string>): ChildProcess {
      giveCredentials()
      const env = { ...unitEnvironment(), ...parseEnv(readFileSync(join(folder, 'etc/fastify-2fa/settings.env'), 'utf8')), ...settings }
      const user = ['setpriv', `--reuid=${DYNAMIC_USER}`, `--regid=${DYNAMIC_USER}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs']
      return spawn('bwrap', [...confine, ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, String(value)]), '--chdir', '/var/lib/fastify-2fa', ...user, 'node', '/opt/fastify-2fa/dist/src/cli.js', 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
    },
    takeCredentials: (): void => { rmSync(join(folder, 'run/credentials'), { recursive: true }) }
  }
}
