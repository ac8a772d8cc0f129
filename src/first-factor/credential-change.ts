import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import { readMetadata } from '../second-factor/records.js'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { endOtherSessions, endSessionsOfOldCredentials } from '../session/end-sessions.js'
import { CREDENTIAL_CHANGED, mayHaveChangedSince, SESSIONS_ENDED } from '../session/epoch.js'
import { prefetchRoles } from '../session/roles-at-birth.js'
import { remember } from '../session/proofs.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

/** The session in which an owner changes credentials, by the request. It goes on. */
const kept = new WeakMap<UserContext, SessionContainerInterface>()

/**
 * Whatever credentials this request changes, ends the user's other sessions and not this one. The session must be the
 * user's own, and its owner must have proved who they are just now.
 */
export function keepSession (session: SessionContainerInterface, userContext: UserContext): void {
  kept.set(userContext, session)
}

/**
 * Ends all sessions of a user whose password changes, whether by a reset or by a route of the host, so that anyone who
 * knew the old password is signed out (ASVS 7.4.3). Sessions with a passed second factor end too. Where accounts are
 * phone numbers, a changed number ends them as well: no existing session has verified it.
 *
 * A sign-in with the old password may be under way. Sign-ins therefore remember what was known of the account when the
 * password was right, and their session is compared with that (`src/session/birth.ts`). This does not rely on the Core,
 * between whose answers lies time.
 */
export function endSessionsOnChange (byPhone: boolean): RecipeOverride<'emailpassword'> {
  return {
    functions: (original) => ({
      ...original,

      async updateEmailOrPassword (input) {
        const result = await original.updateEmailOrPassword(input)
        if (result.status === 'OK') {
          const revoke = input.password !== undefined || (byPhone && input.email !== undefined)
          const session = kept.get(input.userContext)
          await endSessionsOfOldCredentials(input.recipeUserId.getAsString(), revoke && session === undefined, input.userContext)
          if (session !== undefined) await endOtherSessions(session, input.userContext, { marked: true, reason: 'credential-change' })
        }
        return result
      },

      async signIn (input) {
        const started = Date.now()
        const result = await original.signIn(input)
        if (result.status !== 'OK') return result
        const { tenantId, email, password, userContext } = input
        const [epoch] = await Promise.all([readMetadata(result.user.id, userContext), prefetchRoles(result.user.id, tenantId, userContext)])
        // The change may be older than this sign-in, or have come right after the Core's answer. Asking again tells.
        if (mayHaveChangedSince(epoch, started)) {
          const { status } = await EmailPassword.verifyCredentials(tenantId, email, password, userContext)
          if (status !== 'OK') return { status: 'WRONG_CREDENTIALS_ERROR' }
        }
        remember(result, epoch, userContext)
        return result
      },

      // A new user has no marks, so they need not be read.
      async signUp (input) {
        const result = await original.signUp(input)
        if (result.status === 'OK') remember(result, {}, input.userContext, [CREDENTIAL_CHANGED, SESSIONS_ENDED])
        return result
      }
    })
  }
}
