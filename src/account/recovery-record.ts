import { randomUUID } from 'node:crypto'
import type { Metadata } from '../second-factor/records.js'
import { mailboxContestedUntil } from './mailbox-contest.js'

/** Keys of the user's metadata: the recovery that is under way, and what became of earlier ones. */
export const RECOVERY = 'fastify-2fa:recovery'
export const PAST_RECOVERIES = 'fastify-2fa:past-recoveries'

const DAY_MS = 86_400_000
/** How long a recovery can be finished once its waiting time is over. */
const OPEN_MS = 7 * DAY_MS
/** How long the session that finishes it may enrol. */
const GRANT_MS = 15 * 60_000
/** After a veto nobody starts again for a week, after the next one for two, and so on. */
const FIRST_PAUSE_MS = 7 * DAY_MS
const LONGEST_PAUSE_MS = 90 * DAY_MS
/** Vetoes are forgotten. */
const MEMORY_MS = 365 * DAY_MS
/** After the owner has passed the second factor: as often as an owner is reminded of one that goes on. */
const SHORT_PAUSE_MS = DAY_MS

/** Times are in milliseconds since 1970. */
export type Recovery = {
  id: string
  startedAt: number
  /** When the waiting time is over. */
  readyAt: number
  /** When it is too late to finish it. */
  lapsesAt: number
  /** The session that may enrol, and until when. */
  grant?: { session: string, until: number }
}

type Past = {
  vetoes?: number
  vetoedAt?: number
  /** Until then, none is started. */
  pausedUntil?: number
  /** The last one that was ended. It stays so, even if its record is written once more by a session that is finishing it. */
  ended?: string
}

/** What became of it: the owner vetoed, passed the second factor, or an operator stopped it. */
export type Ending = 'veto' | 'passed' | 'operator'

const NUMBERS = ['startedAt', 'readyAt', 'lapsesAt'] as const

function isRecovery (value: unknown): value is Recovery {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Partial<Record<keyof Recovery, unknown>>
  return typeof record.id === 'string' && NUMBERS.every((name) => typeof record[name] === 'number')
}

/**
 * The recovery that is under way, lapsed or not. While an old address can be brought back, nobody finishes it: a thief who has
 * changed the address would have replaced every factor before its owner undoes that.
 */
export function recoveryIn (metadata: Metadata): Recovery | undefined {
  const { [RECOVERY]: record } = metadata
  if (!isRecovery(record) || record.id === pastIn(metadata).ended) return undefined
  const contestedUntil = mailboxContestedUntil(metadata)
  return contestedUntil > record.readyAt ? { ...record, readyAt: contestedUntil, lapsesAt: contestedUntil + OPEN_MS } : record
}

export function phaseOf ({ readyAt, lapsesAt }: Recovery): 'waiting' | 'ready' | 'lapsed' {
  const now = Date.now()
  if (now >= lapsesAt) return 'lapsed'
  return now >= readyAt ? 'ready' : 'waiting'
}

const pastIn = ({ [PAST_RECOVERIES]: past }: Metadata): Past => typeof past === 'object' && past !== null ? past : {}

/** Until when none is started, in milliseconds since 1970; 0 for no time. */
export function pausedUntil (metadata: Metadata): number {
  return pastIn(metadata).pausedUntil ?? 0
}

/**
 * @param startedAt by the Core's clock or this one, whichever is later
 * @param wait in milliseconds
 */
export function newRecovery (startedAt: number, wait: number): Recovery {
  const readyAt = startedAt + wait
  return { id: randomUUID(), startedAt, readyAt, lapsesAt: readyAt + OPEN_MS }
}

/** The same recovery with a shorter waiting time. */
export function shortened (recovery: Recovery, wait: number): Recovery {
  const readyAt = Math.min(recovery.readyAt, Date.now() + wait)
  return { ...recovery, readyAt, lapsesAt: readyAt + OPEN_MS }
}

/** Lets a session enrol, and no other one any more. */
export function granted (recovery: Recovery, session: string): Recovery {
  return { ...recovery, grant: { session, until: Math.min(Date.now() + GRANT_MS, recovery.lapsesAt) } }
}

/** Whether a session may enrol now in place of all that is enrolled. */
export function isGranted (metadata: Metadata, session: string): boolean {
  const recovery = recoveryIn(metadata)
  if (recovery?.grant === undefined || phaseOf(recovery) !== 'ready') return false
  return recovery.grant.session === session && Date.now() < recovery.grant.until
}

function pastAfter (ending: Ending, past: Past): Past {
  const pausedFor = (pause: number) => ({ pausedUntil: Math.max(past.pausedUntil ?? 0, Date.now() + pause) })
  if (ending === 'operator') return past
  if (ending === 'passed') return { ...past, ...pausedFor(SHORT_PAUSE_MS) }
  const known = Date.now() - (past.vetoedAt ?? 0) < MEMORY_MS ? past.vetoes ?? 0 : 0
  return { vetoes: known + 1, vetoedAt: Date.now(), ...pausedFor(Math.min(FIRST_PAUSE_MS * 2 ** known, LONGEST_PAUSE_MS)) }
}

/** The update of the metadata that ends the recovery that is under way. */
export function endedBy (ending: Ending, metadata: Metadata): Metadata {
  const ended = recoveryIn(metadata)?.id
  return { [RECOVERY]: null, [PAST_RECOVERIES]: { ...pastAfter(ending, pastIn(metadata)), ...(ended !== undefined && { ended }) } }
}

/** The update that ends one that succeeded. */
export const COMPLETED: Metadata = { [RECOVERY]: null, [PAST_RECOVERIES]: null }
