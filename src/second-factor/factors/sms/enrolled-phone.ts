import { randomUUID } from 'node:crypto'
import { getUser } from 'supertokens-node'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { User } from 'supertokens-node/types'
import type { PinnedPhone } from './pinned-phone.js'

function phoneOf (user: User | undefined): string | undefined {
  return user?.loginMethods.find((method) => method.recipeId === 'passwordless' && method.phoneNumber !== undefined)?.phoneNumber
}

/** A session that began to enrol and died keeps others waiting this long. */
const ENROLMENT_PATIENCE_MS = 60_000
const ENROLMENT_PREFIX = 'fastify-2fa:enrolment:'

function othersEnrolling (metadata: Record<string, unknown>, own: string): boolean {
  return Object.entries(metadata).some(([key, since]) =>
    key.startsWith(ENROLMENT_PREFIX) && key !== own && typeof since === 'number' && Date.now() - since < ENROLMENT_PATIENCE_MS)
}

/**
 * E-mail + password: a phone is enrolled once and pinned as `passwordlessUserId` in UserMetadata (guide 001).
 *
 * The Core merges metadata key by key and answers with the merged result, but has no compare-and-set. So an enrolment first
 * announces itself under a key of its own: of two announcements one sees the other, and gives way. Only then is the id written.
 */
export const enrolledPhone: PinnedPhone = {
  async find ({ userId }, userContext) {
    const { metadata } = await UserMetadata.getUserMetadata(userId, userContext)
    const { passwordlessUserId } = metadata as Record<string, unknown>
    if (passwordlessUserId === undefined) return { state: 'not-enrolled' }
    if (typeof passwordlessUserId !== 'string') return { state: 'broken' }
    const phoneNumber = phoneOf(await getUser(passwordlessUserId, userContext))
    return phoneNumber === undefined ? { state: 'broken' } : { state: 'enrolled', phoneNumber, passwordlessUserId }
  },

  async enrol (userId, phoneUser, userContext) {
    const own = ENROLMENT_PREFIX + randomUUID()
    const announced = await UserMetadata.updateUserMetadata(userId, { [own]: Date.now() }, userContext)
    if (announced.metadata.passwordlessUserId !== undefined || othersEnrolling(announced.metadata, own)) {
      await UserMetadata.updateUserMetadata(userId, { [own]: null }, userContext)
      return false
    }
    const finished = Object.keys(announced.metadata).filter((key) => key.startsWith(ENROLMENT_PREFIX))
    const written = await UserMetadata.updateUserMetadata(userId, {
      passwordlessUserId: phoneUser.id,
      ...Object.fromEntries(finished.map((key) => [key, null]))
    }, userContext)
    return written.metadata.passwordlessUserId === phoneUser.id
  }
}
