import type { AuditEvent } from '../audit/event.js'
import type { AuditEventType } from '../audit/event-types.js'
import { OTHER, createBounded } from './bounded.js'
import type { Instruments } from './instruments.js'

/** Factors of an app's own have names of their own. */
const MOST_FACTORS = 20

const CHANGES: Partial<Record<AuditEventType, string>> = {
  'second-factor.enrolled': 'enrolled',
  'second-factor.changed': 'changed',
  'second-factor.removed': 'removed',
  'second-factor.reset': 'reset',
  'second-factor.restored': 'restored',
  'second-factor.unlocked': 'unlocked',
  'second-factor.cloned': 'cloned'
}
const LOCKS: Partial<Record<AuditEventType, string>> = { 'second-factor.locked': 'locked', 'second-factor.slowed': 'slowed' }
const ANSWERS: Partial<Record<AuditEventType, string>> = { 'second-factor.passed': 'passed', 'code.wrong': 'wrong', 'code.refused': 'refused' }
const FIRST_FACTORS: Partial<Record<AuditEventType, string>> = { 'first-factor.passed': 'passed', 'first-factor.failed': 'failed', 'first-factor.limited': 'limited' }

/** Sign-ins with these are counted where it is known whether the account is new (`recipes.ts`). */
const COUNTED_ELSEWHERE: readonly (string | undefined)[] = ['password', 'social']

/** How `limit.near` and `limit.reached` begin (`src/limits`). What follows may name a network or a range of numbers. */
const LIMITS = [
  ['country ', 'country'],
  ['countries where nobody answered', 'countries-elsewhere'],
  ['messages to countries where nobody answered', 'messages-elsewhere'],
  ['messages to new numbers from known networks', 'messages-known-networks'],
  ['messages to new numbers', 'messages-new-numbers'],
  ['numbers ', 'number-range'],
  ['text messages', 'spend'],
  ['sign-ups', 'sign-ups'],
  ['verification mails', 'verification-mails']
] as const

export const LIMIT_NAMES: readonly string[] = LIMITS.map(([, limit]) => limit)

function limitIn (reason = ''): string {
  return LIMITS.find(([beginning]) => reason.startsWith(beginning))?.[1] ?? OTHER
}

/** Counts what audit events tell, without whom they tell it of. */
export function createAudited ({ count }: Instruments) {
  const factorOf = createBounded(MOST_FACTORS)

  return function audited ({ type, factor: named, reason }: AuditEvent): void {
    count('audit_events_total', { type })
    const factor = named === undefined ? OTHER : factorOf(named)
    const [change, kind, answer, signIn] = [CHANGES[type], LOCKS[type], ANSWERS[type], FIRST_FACTORS[type]]
    if (change !== undefined) count('second_factor_changes_total', { factor, change })
    if (kind !== undefined) count('second_factor_locks_total', { factor, kind })
    if (answer !== undefined) count('second_factor_answers_total', { factor, outcome: answer })
    if (signIn !== undefined && !COUNTED_ELSEWHERE.includes(named)) count('sign_ins_total', { factor, outcome: signIn })
    if (type.startsWith('recovery.')) count('recoveries_total', { stage: type.slice('recovery.'.length) })
    if (type === 'session.theft-detected') count('session_thefts_total', {})
    if (type === 'limit.near' || type === 'limit.reached') count('shared_limits_total', { limit: limitIn(reason), level: type.slice('limit.'.length) })
  }
}
