import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { freePort } from '../free-port.js'

const run = promisify(execFile)

/** Debian's place for them; `pg_ctl` and `initdb` are not on its PATH. */
const VERSIONS = '/usr/lib/postgresql'

/** Its superuser needs no password on loopback, everybody else does. */
export const SUPERUSER = 'shop'
const ACCESS = [`host all ${SUPERUSER} 127.0.0.1/32 trust`, 'local all all trust', 'host all all 127.0.0.1/32 scram-sha-256', ''].join('\n')

function binaries (): string {
  const [newest] = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : []).filter((version) => existsSync(join(VERSIONS, version, 'bin/initdb'))).sort((one, other) => Number(other) - Number(one))
  if (newest === undefined) throw new Error('There is no PostgreSQL. Debian: apt-get install postgresql')
  return join(VERSIONS, newest, 'bin')
}

export interface PostgresServer {
  /** Of its superuser. */
  url: string
  port: number
  /** Has its socket. */
  directory: string
  /** As a machine that is gone, except that the operating system keeps what was written. */
  kill (): Promise<void>
  start (): Promise<void>
}

/** Starts a PostgreSQL for this test, on loopback. */
export async function startPostgres (t: Pick<Test, 'teardown'>, tls?: { key: string, cert: string }): Promise<PostgresServer> {
  const isRoot = process.getuid?.() === 0
  const bin = binaries()
  const directory = await mkdtemp(join(tmpdir(), 'fastify-2fa-postgres-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  // PostgreSQL refuses to run as root.
  const asOwner = async (program: string, ...args: string[]): Promise<void> => {
    const command = [join(bin, program), ...args]
    const [file, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
    await run(file!, rest, { cwd: directory })
  }
  await chmod(directory, 0o777)
  const data = join(directory, 'data')
  await asOwner('initdb', '--pgdata', data, '--username', SUPERUSER, '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync', '--no-instructions')
  await writeFile(join(data, 'pg_hba.conf'), ACCESS)
  if (tls !== undefined) {
    const { uid, gid } = await stat(data)
    for (const [name, text] of [['server.crt', tls.cert], ['server.key', tls.key]] as const) {
      await writeFile(join(data, name), text, { mode: 0o600 })
      await chown(join(data, name), uid, gid)
    }
    // Not on the command line, which no ALTER SYSTEM can change.
    await appendFile(join(data, 'postgresql.conf'), 'ssl = on\n')
  }
  const port = await freePort()
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory} -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB -c max_connections=60`
  let isRunning = false
  const server: PostgresServer = {
    url: `postgres://${SUPERUSER}@127.0.0.1:${port}/postgres`,
    port,
    directory,
    async start () {
      await asOwner('pg_ctl', 'start', '--pgdata', data, '--wait', '--silent', '--log', join(directory, 'log'), '--options', settings)
      isRunning = true
    },
    async kill () {
      if (isRunning) await asOwner('pg_ctl', 'stop', '--pgdata', data, '--mode', 'immediate', '--silent')
      isRunning = false
    }
  }
  await server.start()
  t.teardown(server.kill)
  return server
}
