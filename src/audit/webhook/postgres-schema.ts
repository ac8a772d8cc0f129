import type { Postgres } from './postgres.js'

export const SCHEMA = 'fastify_2fa_audit'
export const OUTBOX = `${SCHEMA}.outbox`
export const STATE = `${SCHEMA}.state`

const VERSION = 1
/** Any number that others are unlikely to lock. */
const LOCK = 7_210_482_316_001

/**
 * An event is kept as the bytes of its JSON: a database with another encoding than UTF-8 could not keep every text, and
 * `jsonb` would refuse some and write others anew. Its `id` is unique, so that what is added again after an answer that
 * got lost is there once. Counts are in `state`: counting a hundred thousand rows for each event would take too long.
 */
const TABLES = `
  CREATE TABLE ${OUTBOX} (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    rank smallint NOT NULL,
    refused boolean NOT NULL DEFAULT false,
    event bytea NOT NULL
  );
  CREATE INDEX outbox_by_rank ON ${OUTBOX} (rank, refused DESC, position);
  CREATE INDEX outbox_waiting ON ${OUTBOX} (position) WHERE NOT refused;
  CREATE TABLE ${STATE} (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version integer NOT NULL,
    kept bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    holder text,
    held_until timestamptz NOT NULL DEFAULT '-infinity'
  );
  INSERT INTO ${STATE} (version) VALUES (${VERSION});`

/** Whether the tables are there. Not by `to_regclass`, which may remember that they were not. */
async function areThere (query: Postgres['query']): Promise<boolean> {
  return (await query('SELECT 1 FROM pg_tables WHERE schemaname || \'.\' || tablename = $1', [STATE])).length === 1
}

async function create (query: Postgres['query']): Promise<void> {
  // Replicas that start at the same moment: the others wait, and find what the first one has made.
  await query('SELECT pg_advisory_xact_lock($1)', [LOCK])
  if (await areThere(query)) return
  // Not by IF NOT EXISTS, for which even a schema that is there takes the right to make one.
  const [schema] = await query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [SCHEMA])
  if (schema === undefined) await query(`CREATE SCHEMA ${SCHEMA}`)
  await query(TABLES)
}

/** Creates the tables unless they are there. @returns why they cannot be used; undefined if they can */
export async function prepareSchema (db: Postgres): Promise<string | undefined> {
  if (!await areThere(db.query)) await db.transaction(create)
  const [state] = await db.query<{ version: number }>(`SELECT version FROM ${STATE}`)
  return state?.version === VERSION ? undefined : `its tables have version ${state?.version}, and this version of fastify-2fa knows ${VERSION}`
}
