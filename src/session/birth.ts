import { isDeepStrictEqual } from 'node:util'
import type { RecipeInterface } from 'supertokens-node/recipe/session/types'
import { CredentialsChanged, SessionsEnded } from '../errors.js'
import { isEnrolmentOf, readMetadata } from '../second-factor/records.js'
import { untilNoneIsLeft } from './end-sessions.js'
import { CREDENTIAL_CHANGED, DELETING, mark, SESSIONS_ENDED, type Mark } from './epoch.js'
import { isOwnMark, noteOwnMark, takeProof } from './proofs.js'

/**
 * Ends a session that was created while all sessions of its user ended. Whoever ends them revokes those that exist; a
 * sign-in with the old password that began before could end after, and its session would stay.
 *
 * The metadata of the user is compared: as it was when the credentials were found right, or before the birth, and after.
 * No clock takes part.
 *
 * @param records keys of the enrolments: other sessions end when one appears or goes
 */
export function guardBirths (original: RecipeInterface, records: readonly string[]): Pick<RecipeInterface, 'createNewSession' | 'revokeAllSessionsForUser'> {
  const isWatched = (key: string): boolean =>
    key === CREDENTIAL_CHANGED || key === SESSIONS_ENDED || key === DELETING || records.some((record) => isEnrolmentOf(record, key))

  return {
    async createNewSession (input) {
      const { userId, userContext } = input
      const proof = takeProof(input)
      const before = { ...proof !== undefined && proof.keys === undefined ? proof.epoch : await readMetadata(userId, userContext) }
      if (proof !== undefined) for (const key of proof.keys ?? []) before[key] = proof.epoch[key]
      if (before[DELETING] !== undefined) throw new SessionsEnded()

      const session = await original.createNewSession(input)
      const after = await readMetadata(userId, userContext)
      const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(isWatched)
        .filter((key) => !isDeepStrictEqual(before[key], after[key]))
        .filter((key) => !(key === SESSIONS_ENDED && isOwnMark((after[key] as Mark | undefined)?.id)))
      if (changed.length === 0) return session
      await original.revokeSession({ sessionHandle: session.getHandle(), userContext })
      throw changed.includes(CREDENTIAL_CHANGED) ? new CredentialsChanged() : new SessionsEnded()
    },

    async revokeAllSessionsForUser (input) {
      const written = await mark(SESSIONS_ENDED, input.userId, input.userContext)
      if (written !== undefined) noteOwnMark(written.id)
      const revoked: string[] = []
      await untilNoneIsLeft(async () => {
        const round = await original.revokeAllSessionsForUser(input)
        revoked.push(...round)
        return round.length
      })
      return revoked
    }
  }
}
