import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import type { Postgres } from './postgres.js'
import { OUTBOX, STATE } from './postgres-schema.js'

/** One replica delivers, so that the order is kept. If it dies, another one goes on after this. */
const LEASE_MS = 15_000
const RENEW_MS = 5000

/** By the clock of the database, the only one that all of them have. */
const TAKE = `
  UPDATE ${STATE} SET holder = $1, held_until = clock_timestamp() + $2 * interval '1 millisecond'
  WHERE holder = $1 OR held_until < clock_timestamp()
  RETURNING 1`

const END = `UPDATE ${STATE} SET held_until = '-infinity' WHERE holder = $1`

/** What was refused before is tried again by whoever delivers next. */
const TRY_AGAIN = `
  SELECT 1 FROM ${STATE} FOR UPDATE;
  UPDATE ${OUTBOX} SET refused = false WHERE refused;
  UPDATE ${STATE} SET refused = 0`

/** A row and not a lock: a lock lasts as long as its connection, even if that of a machine which is gone. */
export function createLease ({ query, run }: Postgres) {
  const self = randomUUID()
  let isHeld = false
  let renewAt = -Infinity

  async function hold (): Promise<boolean> {
    const now = performance.now()
    if (isHeld && now < renewAt) return true
    const wasHeld = isHeld
    isHeld = (await query(TAKE, [self, LEASE_MS])).length === 1
    if (isHeld && !wasHeld) await run(TRY_AGAIN)
    renewAt = now + RENEW_MS
    return isHeld
  }

  const renewal = setInterval(() => { if (isHeld) hold().catch(() => {}) }, RENEW_MS).unref()

  return {
    /** Takes it if nobody has it. @returns whether it is held */
    hold,
    get isHeld () { return isHeld },
    async end (): Promise<void> {
      clearInterval(renewal)
      if (isHeld) await query(END, [self])
    }
  }
}
