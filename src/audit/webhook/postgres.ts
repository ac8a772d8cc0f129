import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'
import { textOf } from '../../members.js'
import { orInstall } from '../../optional-package.js'
import type { PostgresAddress } from './postgres-url.js'

/** Milliseconds. A hanging PostgreSQL is as bad as none. */
const PATIENCE_MS = 2000
/** One that adds, one that removes, one that looks. */
const MOST_CONNECTIONS = 3
const IDLE_MS = 60_000

/**
 * So that a statement that was given up does not wait for a lock for ever, with a connection each time, and a process
 * that is stuck in the middle of a transaction does not hold up the others. And so that a crash undoes nothing that was
 * answered for, whatever the default is; who waits for more, such as a standby, keeps that. Not as parameters of the
 * start of a connection, which PgBouncer refuses.
 */
const SESSION = `
  SET statement_timeout = ${PATIENCE_MS};
  SET idle_in_transaction_session_timeout = ${PATIENCE_MS};
  SET default_transaction_isolation = 'read committed';
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`

type Query = <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>

export interface Postgres {
  query: Query
  /** Several statements in one text are one transaction, in which the database waits for nobody. */
  run (text: string): Promise<void>
  transaction<Result> (work: (query: Query) => Promise<Result>): Promise<Result>
  close (): Promise<void>
}

/** What went wrong. */
export type PostgresFailure = Error & { code: string | undefined }

/**
 * Without what the driver attaches, such as its client with the address, and what the server quotes of an event in
 * `detail` and `where`.
 */
function failureOf (err: unknown): PostgresFailure {
  const code = textOf(err, 'code')
  const text = textOf(err, 'message')
  return Object.assign(new Error(`PostgreSQL: ${text === undefined || text === '' ? code ?? 'no answer' : text}`), { code })
}

/** What waiting does not mend: the wrong password, database or certificate, missing rights, other tables. */
export function isPermanent ({ code = '', message }: PostgresFailure): boolean {
  return /^(?:28|3D|3F|42)...$|^(?:ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) || /^PostgreSQL: SASL|does not support SSL/.test(message)
}

/**
 * Opens connections, as they are needed, whose statements either finish in time or fail. Loads the driver only now: apps
 * that have no PostgreSQL need not install it.
 *
 * @throws AUTH_PACKAGE_MISSING; what Node throws if the file with the certificates cannot be read
 */
export async function openPostgres ({ host, port, user, password, database, tls, caFile }: PostgresAddress): Promise<Postgres> {
  const { default: { Pool } } = await import('pg').catch(orInstall('pg', 'audit.webhook.outbox.postgresUrl'))
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  const pool = new Pool({
    host,
    port,
    user,
    // As a function, so that the driver looks neither into the environment nor into files of the user.
    password: () => password,
    database,
    ssl: tls && { rejectUnauthorized: true, ...(ca !== undefined && { ca }) },
    application_name: 'fastify-2fa audit',
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    allowExitOnIdle: true,
    onConnect: async (client: ClientBase) => { await client.query(SESSION) }
  })
  // A connection that ends, idle or not, is replaced with the next statement. Without listeners, it ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => { client.on('error', () => {}) })

  async function transaction<Result> (work: (query: Query) => Promise<Result>): Promise<Result> {
    const client = await pool.connect().catch((err: unknown) => { throw failureOf(err) })
    const query: Query = async <Row extends object>(text: string, values?: unknown[]) => (await client.query<Row>(text, values).catch((err: unknown) => { throw failureOf(err) })).rows
    try {
      await query('BEGIN')
      const result = await work(query)
      await query('COMMIT')
      client.release()
      return result
    } catch (err) {
      // Its connection ends, and with it the transaction.
      client.release(true)
      throw err
    }
  }

  return {
    query: async <Row extends object>(text: string, values?: unknown[]) => (await pool.query<Row>(text, values).catch((err: unknown) => { throw failureOf(err) })).rows,
    run: async (text) => { await pool.query(text).catch((err: unknown) => { throw failureOf(err) }) },
    transaction,
    close: async () => { await pool.end() }
  }
}
