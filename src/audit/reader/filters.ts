import { secondsOf } from '../../options/seconds.js'
import type { AuditEvent } from '../event.js'
import { EVENT_TYPES, type EventType } from '../event-types.js'

/** `failed`: something was wrong or refused. `warning`: somebody should look at it. `ok`: neither. */
export const RESULTS = ['ok', 'failed', 'warning'] as const
export type AuditResult = typeof RESULTS[number]

/** Which events are asked for: those that all of these are true of. */
export interface AuditFilters {
  userId?: string | undefined
  /** A type, or what is before its dot: `session` for all of `session.revoked` and others. */
  type?: string | undefined
  /** Who did it: `key:ops` also finds `key:ops for jane`. */
  actor?: string | undefined
  result?: AuditResult | undefined
  requestId?: string | undefined
  /** In milliseconds since 1970, the first moment. */
  since?: number | undefined
  /** In milliseconds since 1970, the last moment. */
  until?: number | undefined
  /** Types that are left out. */
  without?: readonly string[] | undefined
}

/** How each type has ended. */
export function resultsOf (type: string): readonly AuditResult[] {
  const known = Object.hasOwn(EVENT_TYPES, type) ? EVENT_TYPES[type as keyof typeof EVENT_TYPES] as EventType : undefined
  const isFailed = /\.(?:failed|limited|wrong|refused)$/.test(type)
  if (known?.warns === true) return isFailed ? ['failed', 'warning'] : ['warning']
  return [isFailed ? 'failed' : 'ok']
}

const isBelow = (type: string, wanted: string): boolean => type === wanted || type.startsWith(`${wanted}.`)

/** Whether an event is one of those that are asked for. */
export function matcherOf ({ userId, type, actor, result, requestId, since = -Infinity, until = Infinity, without = [] }: AuditFilters): (event: AuditEvent) => boolean {
  return (event) => {
    const time = Date.parse(event.time)
    return time >= since && time <= until && !without.includes(event.type) &&
      (userId === undefined || event.userId === userId) &&
      (type === undefined || isBelow(event.type, type)) &&
      (actor === undefined || event.actor === actor || event.actor?.startsWith(`${actor} for `) === true) &&
      (result === undefined || resultsOf(event.type).includes(result)) &&
      (requestId === undefined || event.requestId === requestId)
  }
}

/** Filters as people and programs write them. */
export type FilterTexts = { readonly [Name in Exclude<keyof AuditFilters, 'without'>]?: string | undefined }

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/

/** A moment, or how long ago. Without a zone it is in UTC. */
function momentIn (text: string, now: number): number | undefined {
  const ago = secondsOf(text)
  if (ago !== undefined) return now - ago * 1000
  if (!TIME.test(text)) return undefined
  const hasZone = /(?:Z|[+-]\d\d:\d\d)$/.test(text.slice(10))
  const moment = Date.parse(text.length === 10 || hasZone ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(moment) ? undefined : moment
}

const A_TIME = 'a time such as 2026-11-30T14:00Z, or how long ago, such as 1h'

/** What each must be, for whoever has misspelt it. */
export const FILTER_SHAPES = {
  type: 'one of docs/audit.md, such as session.revoked, or what is before its dot',
  result: `one of ${RESULTS.join(', ')}`,
  since: A_TIME,
  until: A_TIME
} as const

const isType = (text: string): boolean => Object.keys(EVENT_TYPES).some((type) => isBelow(type, text))

/** Reads filters. @returns also the names of those that are none, so that nobody takes all events for those that were meant */
export function filtersIn ({ since, until, type, result, ...texts }: FilterTexts, now = Date.now()): { filters: AuditFilters, wrong: Array<keyof typeof FILTER_SHAPES> } {
  const [from, to] = [since, until].map((text) => text === undefined ? undefined : momentIn(text, now))
  const known = RESULTS.find((one) => one === result)
  const checks = {
    type: type === undefined || isType(type),
    result: result === undefined || known !== undefined,
    since: since === undefined || from !== undefined,
    until: until === undefined || to !== undefined
  }
  return {
    filters: { ...texts, type, result: known, since: from, until: to },
    wrong: (Object.keys(checks) as Array<keyof typeof checks>).filter((name) => !checks[name])
  }
}
