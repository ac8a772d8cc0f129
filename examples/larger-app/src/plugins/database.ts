import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import pg from 'pg'
import { migrate } from '../migrate.js'

declare module 'fastify' {
  interface FastifyInstance {
    readonly db: pg.Pool
  }
}

/** `app.db`: the app's own tables, in PostgreSQL. */
async function database (app: FastifyInstance): Promise<void> {
  const pool = new pg.Pool({ connectionString: app.config.DATABASE_URL, max: 10, connectionTimeoutMillis: 20_000, statement_timeout: 10_000 })
  // A connection that breaks while it is idle must not end the process.
  pool.on('error', (err) => { app.log.error({ err }, 'a connection to PostgreSQL broke') })
  app.addHook('onClose', async () => { await pool.end() })
  await migrate(pool)
  app.decorate('db', pool)
}

export default fp(database, { name: 'database' })
