import type { AuditEvent } from '../event.js'
import { RANKS } from '../event-types.js'
import { DROPPED_AT_ONCE, droppedEvent, summarise } from './outbox.js'
import type { Postgres } from './postgres.js'
import { OUTBOX, STATE } from './postgres-schema.js'

// Everything locks the row of `state` first, so that no two wait for each other.
const LOCK_STATE = `SELECT kept FROM ${STATE} FOR UPDATE`

export const ADD = `
  WITH room AS (UPDATE ${STATE} SET kept = kept + 1 WHERE kept < $4 RETURNING 1)
  INSERT INTO ${OUTBOX} (id, rank, event) SELECT $1, $2, $3 FROM room RETURNING 1`

const DROP = `
  DELETE FROM ${OUTBOX} WHERE position IN (SELECT position FROM ${OUTBOX} WHERE rank = $1 ORDER BY refused DESC, position LIMIT $2)
  RETURNING refused, event`

export const LOOK = `
  SELECT state.kept, state.refused, oldest.position, oldest.event
  FROM ${STATE} LEFT JOIN LATERAL (SELECT position, event FROM ${OUTBOX} WHERE NOT refused ORDER BY position LIMIT $1) oldest ON true
  ORDER BY oldest.position`

/** Where somebody has removed events by hand. */
export const COUNT_AGAIN = `
  ${LOCK_STATE};
  UPDATE ${STATE} SET (kept, refused) = (SELECT count(*), count(*) FILTER (WHERE refused) FROM ${OUTBOX})`

/** Positions are numbers, whatever is in the table. */
const numbers = (positions: string[]): string => positions.map((position) => String(BigInt(position))).join(', ')

export const removal = (positions: string[]): string => `
  ${LOCK_STATE};
  WITH gone AS (DELETE FROM ${OUTBOX} WHERE position IN (${numbers(positions)}) RETURNING refused)
  UPDATE ${STATE} SET (kept, refused) = (SELECT kept - count(*), state.refused - count(*) FILTER (WHERE gone.refused) FROM gone)`

export const settingAside = (position: string): string => `
  ${LOCK_STATE};
  WITH changed AS (UPDATE ${OUTBOX} SET refused = true WHERE position = ${numbers([position])} AND NOT refused RETURNING 1)
  UPDATE ${STATE} SET refused = refused + (SELECT count(*) FROM changed)`

type Row = [id: string, rank: number, event: Buffer]

export const rowOf = (event: AuditEvent, rank: number): Row => [event.id, rank, Buffer.from(JSON.stringify(event))]
export const eventOf = (bytes: Buffer): AuditEvent => JSON.parse(bytes.toString()) as AuditEvent

/**
 * Adds an event, in place of the oldest of the lowest rank if there is no room.
 *
 * @returns how many were dropped; undefined: there is no room
 */
export async function addInPlace (query: Postgres['query'], event: AuditEvent, rank: number, most: number): Promise<number | undefined> {
  const insert = async (row: Row): Promise<void> => { await query(`INSERT INTO ${OUTBOX} (id, rank, event) VALUES ($1, $2, $3)`, row) }
  const [state] = await query<{ kept: string }>(LOCK_STATE)
  // Another replica may have made room meanwhile.
  const isFull = Number(state?.kept) >= most
  const [lowest] = await query<{ rank: number | null }>(`SELECT min(rank) AS rank FROM ${OUTBOX}`)
  const from = isFull ? lowest?.rank ?? undefined : undefined
  if (from !== undefined && (from > rank || (from === rank && rank === RANKS.length - 1))) return undefined
  const gone = from === undefined ? [] : await query<{ refused: boolean, event: Buffer }>(DROP, [from, DROPPED_AT_ONCE])
  const sums = summarise(gone.map((row) => eventOf(row.event)))
  for (const sum of sums) await insert(rowOf(droppedEvent(sum), Math.min((from ?? 0) + 1, RANKS.length - 1)))
  await insert(rowOf(event, rank))
  await query(`UPDATE ${STATE} SET kept = kept + $1, refused = refused - $2`, [sums.length + 1 - gone.length, gone.filter(({ refused }) => refused).length])
  return gone.length
}
