import type { FastifyBaseLogger } from 'fastify'
import { AuditSinkUnusable, PackageMissing } from '../../errors.js'
import { RANKS, typeOf } from '../event-types.js'
import { NoRoom } from '../sinks/sink.js'
import type { Entry, Outbox } from './outbox.js'
import { createLease } from './postgres-lease.js'
import { isPermanent, openPostgres, type PostgresFailure } from './postgres.js'
import { prepareSchema, SCHEMA } from './postgres-schema.js'
import { ADD, addInPlace, COUNT_AGAIN, eventOf, LOOK, removal, rowOf, settingAside } from './postgres-statements.js'
import { nameOf, postgresAddress } from './postgres-url.js'

const POLL_MS = 1000
const UNIQUE_VIOLATION = '23505'

/** Opens the database, and its tables unless it is away. */
async function open (url: string) {
  const address = postgresAddress(url)
  const unusable = (why: string, cause?: unknown) => new AuditSinkUnusable('webhook', `${nameOf(address)}: ${why}`, { cause })
  const db = await openPostgres(address).catch((err: unknown) => {
    throw err instanceof PackageMissing ? err : unusable(`the file of sslrootcert cannot be read (${(err as NodeJS.ErrnoException).code})`)
  })
  let isPrepared = false
  async function prepare (): Promise<void> {
    if (isPrepared) return
    const problem = await prepareSchema(db)
    if (problem !== undefined) throw unusable(problem)
    isPrepared = true
  }
  return { db, prepare, unusable }
}

/**
 * An outbox in the PostgreSQL that replicas share. One of them at a time delivers. One that is away at the start is
 * waited for, as later on.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE, AUTH_PACKAGE_MISSING
 */
export async function openPostgresOutbox (url: string, most: number, log: Pick<FastifyBaseLogger, 'error' | 'info'>): Promise<Outbox> {
  const { db, prepare, unusable } = await open(url)
  const lease = createLease(db)
  const listeners: Array<() => void> = []
  const delivered = new Set<string>()
  let removing: Promise<void> | undefined
  let figures = { waiting: 0, refused: 0, dropped: 0, oldest: undefined as number | undefined }
  let isUp = true

  const tell = (): void => { for (const listener of listeners) listener() }

  /** Works with the database, and says once that it is away and once that it is back. */
  async function use<Result> (work: () => Promise<Result>): Promise<Result> {
    try {
      await prepare()
      const result = await work()
      if (!isUp) {
        log.info('the PostgreSQL of the audit outbox answers again')
        isUp = true
        tell()
      }
      return result
    } catch (err) {
      const { code, message } = err as PostgresFailure
      if (isUp) log.error({ code, reason: message }, 'the PostgreSQL of the audit outbox does not answer, or refuses')
      isUp = false
      throw err
    }
  }

  async function close (): Promise<void> {
    await removeDelivered().catch(() => {})
    await lease.end().catch(() => {})
    await db.close()
  }

  /** Together what was delivered meanwhile. What cannot be removed now is removed before anything else is delivered. */
  async function removeDelivered (): Promise<void> {
    while (delivered.size > 0) {
      const positions = [...delivered]
      await use(() => db.run(removal(positions)))
      for (const position of positions) delivered.delete(position)
    }
  }

  await use(async () => {}).catch(async (err: PostgresFailure) => {
    if (!(err instanceof AuditSinkUnusable) && !isPermanent(err)) return
    await close()
    throw err instanceof AuditSinkUnusable ? err : unusable(`${err.message}. The schema ${SCHEMA} and the rights that it takes are in docs/audit.md#postgresql`, err)
  })

  return {
    poll: POLL_MS,
    async add (event) {
      const rank = RANKS.indexOf(typeOf(event.type).rank)
      const isKept = await use(async () => {
        try {
          if ((await db.query(ADD, [...rowOf(event, rank), most])).length === 1) return true
          const dropped = await db.transaction((query) => addInPlace(query, event, rank, most))
          figures.dropped += dropped ?? 0
          return dropped !== undefined
        } catch (err) {
          // It was there already: only the answer had got lost.
          if ((err as PostgresFailure).code === UNIQUE_VIOLATION) return true
          throw err
        }
      })
      if (!isKept) throw new NoRoom('the outbox is full of events of a higher rank')
      // Others find it when they look.
      if (lease.isHeld) tell()
    },
    async oldest (count) {
      try {
        await removeDelivered()
        return await use(async () => {
          const isMine = await lease.hold()
          const rows = await db.query<{ kept: string, refused: string, position: string | null, event: Buffer }>(LOOK, [isMine ? count : 1])
          const entries = rows.flatMap(({ position, event }) => position === null ? [] : [{ key: position, event: eventOf(event) }])
          const refused = Number(rows[0]?.refused)
          figures = { ...figures, waiting: Number(rows[0]?.kept) - refused, refused, oldest: entries[0] && Date.parse(entries[0].event.time) }
          if (isMine && entries.length === 0 && figures.waiting !== 0) await db.run(COUNT_AGAIN)
          return isMine ? entries : []
        })
      } catch {
        // That was said. Looked at again soon.
        return []
      }
    },
    async remove ({ key }: Entry) {
      delivered.add(key)
      removing ??= removeDelivered().finally(() => { removing = undefined })
      await removing.catch(() => {})
    },
    async setAside ({ key }: Entry) {
      await use(() => db.run(settingAside(key)))
    },
    figures: () => figures,
    onAdded (listener) { listeners.push(listener) },
    close
  }
}
