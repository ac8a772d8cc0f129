import { getUser } from 'supertokens-node'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance } from 'fastify'
import { publishAudit } from '../audit/audit.js'
import { FAILURES_KEY, unlockedRecord, type FailureRecord } from './failure-record.js'

export async function readFailures (userId: string, userContext: UserContext): Promise<FailureRecord> {
  const { metadata } = await UserMetadata.getUserMetadata(userId, userContext)
  return (metadata as Record<string, FailureRecord | undefined>)[FAILURES_KEY] ?? {}
}

export async function writeFailures (userId: string, record: FailureRecord | null, userContext?: UserContext): Promise<void> {
  await UserMetadata.updateUserMetadata(userId, { [FAILURES_KEY]: record }, userContext as Record<string, unknown> | undefined)
}

/**
 * Unlocks a second factor that too many wrong codes have locked, on every replica and without a restart. Whoever does this has made sure
 * of who is asking: the person with the password may be the attacker.
 *
 * @returns false when there is no such user
 */
export async function unlockSecondFactor (app: FastifyInstance, userId: string): Promise<boolean> {
  if (await getUser(userId) === undefined) return false
  await writeFailures(userId, unlockedRecord())
  publishAudit(app, { type: 'second-factor.unlocked', factor: 'sms', userId })
  return true
}
