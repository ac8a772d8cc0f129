import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import Postgrator from 'postgrator'

const PATTERN = fileURLToPath(new URL('../../migrations/*.sql', import.meta.url))

/** Any number, as long as every replica has the same. */
const LOCK = 72_001

/** Brings the tables up to date. Of several replicas that start together, one does, and the others wait. */
export async function migrate (pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await new Postgrator({ migrationPattern: PATTERN, driver: 'pg', schemaTable: 'schema_version', execQuery: (query) => client.query(query) }).migrate()
  } finally {
    // The lock ends with the connection.
    client.release(true)
  }
}
