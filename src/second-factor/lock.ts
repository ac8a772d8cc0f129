import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance } from 'fastify'
import { publishAudit, requireAudit } from '../audit/audit.js'
import { appOf } from '../supertokens/sdk.js'
import { FAILURES_KEY, unlocked, type FailureRecord } from './failure-record.js'
import { GUESSES_KEY, type GuessRecord } from './guess-record.js'
import { readMetadata, updateMetadata } from './records.js'

/** What outlives restarts and is shared by all replicas. */
export interface FailureState {
  /** Since the last success. */
  failures: FailureRecord
  /** What a success does not clear. */
  guesses: GuessRecord
  /** How many answers pass at the same moment, at most (`Factor.answersPassing`). @default 1 */
  passing?: number
}

export interface FailureRecords {
  read (userId: string, userContext: UserContext): Promise<FailureState>
  /** Writes what is given; null removes. */
  write (userId: string, update: { failures?: FailureRecord | null, guesses?: GuessRecord }, userContext: UserContext): Promise<void>
}

/** Kept in the user's metadata in the Core. */
export const coreRecords: FailureRecords = {
  async read (userId, userContext) {
    const metadata = await readMetadata(userId, userContext)
    const { [FAILURES_KEY]: failures, [GUESSES_KEY]: guesses } = metadata
    return {
      failures: failures as FailureRecord | undefined ?? {},
      guesses: guesses as GuessRecord | undefined ?? {},
      passing: Math.max(1, ...appOf(userContext).twoFactor.secondFactor.factors.map((factor) => factor.answersPassing?.(metadata) ?? 1))
    }
  },
  async write (userId, { failures, guesses }, userContext) {
    await updateMetadata(userId, { ...(failures !== undefined && { [FAILURES_KEY]: failures }), ...(guesses && { [GUESSES_KEY]: guesses }) }, userContext)
  }
}

/**
 * Unlocks a second factor that too many failures have locked, on every replica and without a restart. Make sure who is
 * asking first: the person who knows the password may be the attacker.
 *
 * @param because who does it and why, for the audit event
 * @returns false when there is no such user
 */
export async function unlockSecondFactor (app: FastifyInstance, userId: string, because?: { by: string, reason: string }): Promise<boolean> {
  requireAudit(app)
  if (await getUser(userId) === undefined) return false
  await updateMetadata(userId, unlocked())
  publishAudit(app, { type: 'second-factor.unlocked', userId, ...(because && { actor: because.by, reason: because.reason }) })
  return true
}
