import type { Storage } from '../storage/storage.js'
import type { Tenant } from '../tenants/apps.js'
import { createMethod, findLogin, findMethod, findUsersBy, hasAccount, publicId, setContacts, type LoginMethod, type User } from './accounts.js'
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
    if (existing !== undefined) {
      const refusal = changeEmail(db, existing, email)
      if (refusal !== undefined) return refusal
    }
    const userId = existing ?? createMethod(db, [id], { recipe: 'thirdparty', timeJoined: now(), email, provider, providerUserId })
    // A verified email stays verified, even if the provider says otherwise later.
    if (verified) setVerified(db, userId, email)
    const { user, method } = findLogin(db, userId) as { user: User, method: LoginMethod }
    markActive(db, user.id, now())
    return { status: 'OK', createdNewUser: existing === undefined, user: userJson(user), recipeUserId: publicId(method) }
  })
}

/**
 * A provider account that signs in has one email in all tenants of the app, as in the real Core. One that signs up
 * leaves those of other tenants alone. Returns why the email cannot be taken.
 */
function changeEmail (db: Storage, userId: string, email: string): object | undefined {
  const { user, method } = findLogin(db, userId) as { user: User, method: LoginMethod }
  if (method.email === email) return undefined
  if (!mayTake(db, user, { email })) return { status: 'EMAIL_CHANGE_NOT_ALLOWED_ERROR', reason: 'Email already associated with another primary user.' }
  const account = { provider: method.provider as string, providerUserId: method.providerUserId as string }
  const same = findUsersBy(db, account).flatMap((one) => one.methods).filter((one) => hasAccount(one, account))
  for (const one of same) setContacts(db, one, { email })
  return undefined
}
