import { AuditUnavailable, OperationRefused } from '../../errors.js'
import { createConcurrency } from '../../outage/concurrency.js'
import type { AuditEvent } from '../event.js'
import { cursorAt, readCursor, requirePlace } from './cursor.js'
import { contentOf } from './event-in.js'
import { type AuditFile, countCompressed, filesBack } from './files.js'
import { type AuditFilters, matcherOf } from './filters.js'
import { linesBack } from './lines-back.js'
import { seekBack } from './seek-back.js'

export interface AuditQuery extends AuditFilters {
  /** 1 to 500. @default 50 */
  limit?: number | undefined
  /** `next` of the page before, of a query with the same filters. @default the newest events */
  cursor?: string | undefined
}

export interface AuditPage {
  /** Newest first. */
  events: AuditEvent[]
  /** Names older events. Absent at the end. */
  next?: string
  /** Enough was looked at for one call, before there were as many as asked for: there may be more. Go on with `next`. */
  incomplete?: true
  /** The time of the oldest event that was looked at, in ISO 8601. */
  lookedBackTo?: string
  /** Lines that were looked at and cannot be read, or were changed. `fastify-2fa audit verify` says which. */
  damaged: number
  /** At the end: files that it was rotated to and are compressed, which are not read. */
  compressed?: number
}

export interface ReadOptions {
  /** Bytes that are looked at. A line or two more are read. @default 4 MiB */
  most?: number | undefined
  /** An event as whoever asks sees it: undefined where they do not. `enough` ends the page before it. @default as it is */
  seen? (event: AuditEvent): Promise<AuditEvent | 'enough' | undefined>
}

export const MOST_EVENTS = 500
/** Some seven thousand events, which take 0.1 s of CPU, in slices of a millisecond. */
const MOST_BYTES = 4 * 1024 * 1024
/** To open a file costs something, too, however little is in it. */
const FILE_BYTES = 4096
/** Clocks are set back, and then lines are not in the order of their times. */
const CLOCK_MS = 10 * 60_000
/** Of a process: the others wait in line. */
const AT_ONCE = 2

/**
 * Events of an audit file and of those that it was rotated to, newest first. Looks at so many bytes and no more, so that
 * whatever is asked for, nobody waits for it.
 *
 * @throws AUTH_OPERATION_REFUSED for a limit or a cursor that is none
 */
export async function readAudit (path: string, { limit = 50, cursor, ...filters }: AuditQuery = {}, { most = MOST_BYTES, seen = async (event) => event }: ReadOptions = {}): Promise<AuditPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_EVENTS) throw new OperationRefused(`A page has 1 to ${MOST_EVENTS} events.`)
  const { since = -Infinity, until = Infinity } = filters
  const matches = matcherOf(filters)
  const place = cursor === undefined ? undefined : readCursor(cursor)
  const page: AuditPage = { events: [], damaged: 0 }
  let left = most

  async function startIn (audit: AuditFile): Promise<number> {
    if (audit.inode !== place?.inode) return until === Infinity ? audit.size : await seekBack(audit, until + CLOCK_MS)
    await requirePlace(audit, place)
    return place.at
  }

  const stopAt = async (audit: AuditFile, at: number, more: Partial<AuditPage> = {}): Promise<AuditPage> => ({ ...page, next: await cursorAt(audit, at), ...more })

  for await (const audit of filesBack(path, place?.inode)) {
    left -= FILE_BYTES
    if (audit.begunAt > until + CLOCK_MS && audit.inode !== place?.inode) continue
    for await (const { at, end, bytes, isEnded } of linesBack(audit.file, await startIn(audit))) {
      const content = contentOf(bytes)
      if (content === 'damaged') {
        // The last line may be on its way, or is what a killed process has left: the next start notes it.
        if (isEnded || end < audit.size) page.damaged++
      } else if ('event' in content) {
        const { event } = content
        if (Date.parse(event.time) < since - CLOCK_MS) return page
        const shown = matches(event) ? await seen(event) : undefined
        if (shown === 'enough') return await stopAt(audit, end, { incomplete: true })
        page.lookedBackTo = event.time
        if (shown !== undefined && page.events.push(shown) === limit) return await stopAt(audit, at)
      }
      left -= end - at
      if (left <= 0) return await stopAt(audit, at, { incomplete: true })
    }
  }
  const compressed = await countCompressed(path)
  return { ...page, ...(compressed > 0 && { compressed }) }
}

/** Reads the audit file of an app, for a few calls at a time. */
export function createAuditReader (path: string) {
  const inTurn = createConcurrency(AT_ONCE)
  return {
    /** @throws AUTH_AUDIT_UNAVAILABLE where the file cannot be read; AUTH_OVERLOADED where too many ask at once */
    read: async (query: AuditQuery, options?: ReadOptions): Promise<AuditPage> => await inTurn(() => readAudit(path, query, options).catch((cause: unknown) => {
      throw cause instanceof Error && 'syscall' in cause ? new AuditUnavailable({ cause }) : cause
    }))
  }
}

export type AuditReader = ReturnType<typeof createAuditReader>
