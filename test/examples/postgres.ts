import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { freePort } from '../free-port.js'

const run = promisify(execFile)

/** Debian's place for them; `pg_ctl` and `initdb` are not on its PATH. */
const VERSIONS = '/usr/lib/postgresql'

function binaries (): string {
  const [newest] = (existsSync(VERSIONS) ? readdirSync(VERSIONS) : []).filter((version) => existsSync(join(VERSIONS, version, 'bin/initdb'))).sort((one, other) => Number(other) - Number(one))
  if (newest === undefined) throw new Error('There is no PostgreSQL. Debian: apt-get install postgresql')
  return join(VERSIONS, newest, 'bin')
}

/** Starts a PostgreSQL for this test, on loopback. Resolves with its URL. */
export async function startPostgres (t: Test): Promise<string> {
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
  await asOwner('initdb', '--pgdata', data, '--username', 'shop', '--auth', 'trust', '--encoding', 'UTF8', '--no-locale', '--no-sync', '--no-instructions')
  const port = await freePort()
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB -c max_connections=60`
  await asOwner('pg_ctl', 'start', '--pgdata', data, '--wait', '--silent', '--log', join(directory, 'log'), '--options', settings)
  t.teardown(() => asOwner('pg_ctl', 'stop', '--pgdata', data, '--mode', 'immediate', '--silent'))
  return `postgres://shop@127.0.0.1:${port}/postgres`
}
