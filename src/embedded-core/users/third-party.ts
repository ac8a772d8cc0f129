import type { Tenant } from '../tenants/apps.js'
import { createMethod, findLogin, findMethod, findUser, publicId, type LoginMethod, type User } from './accounts.js'
import { markActive } from './activity.js'
import { setVerified } from './email-verification.js'
import { mayTake } from './linking.js'
import { userJson } from './user-json.js'

/** What a provider says about a user who has just signed in there. */
export interface ProviderAccount { provider: string, providerUserId: string, email: string, verified: boolean }

/** Signs the user of a provider in, or up. */
export function signInUp ({ db, id, now }: Tenant, { provider, providerUserId, email, verified }: ProviderAccount): object {
  return db.transaction(() => {
    const existing = findMethod(db, 'thirdparty', id, { provider, providerUserId })
    const userId = existing ?? createMethod(db, [id], { recipe: 'thirdparty', timeJoined: now(), email, provider, providerUserId })
    if (!mayTake(db, findUser(db, userId) as User, { email })) {
      return { status: 'EMAIL_CHANGE_NOT_ALLOWED_ERROR', reason: 'Email already associated with another primary user.' }
    }
    // The provider's account has one email in all tenants that it signs in to.
    db.run('UPDATE users SET email = ? WHERE provider = ? AND provider_user_id = ? AND email <> ?', email, provider, providerUserId, email)
    // A verified email stays verified, even if the provider says otherwise later.
    if (verified) setVerified(db, userId, email)
    const { user, method } = findLogin(db, userId) as { user: User, method: LoginMethod }
    markActive(db, user.id, now())
    return { status: 'OK', createdNewUser: existing === undefined, user: userJson(user), recipeUserId: publicId(method) }
  })
}
