import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance } from 'fastify'
import { publishAudit } from '../audit/audit.js'
import { FAILURES_KEY, unlockedRecord, type FailureRecord } from './failure-record.js'
import { readMetadata, updateMetadata } from './records.js'

export async function readFailures (userId: string, userContext: UserContext): Promise<FailureRecord> {
  return (await readMetadata(userId, userContext))[FAILURES_KEY] as FailureRecord | undefined ?? {}
}

export async function writeFailures (userId: string, record: FailureRecord | null, userContext?: UserContext): Promise<void> {
  await updateMetadata(userId, { [FAILURES_KEY]: record }, userContext)
}

/**
 * Unlocks a second factor that too many failures have locked, on every replica and without a restart. Make sure who is
 * asking first: the person who knows the password may be the attacker.
 *
 * @returns false when there is no such user
 */
export async function unlockSecondFactor (app: FastifyInstance, userId: string): Promise<boolean> {
  if (await getUser(userId) === undefined) return false
  await writeFailures(userId, unlockedRecord())
  publishAudit(app, { type: 'second-factor.unlocked', userId })
  return true
}
