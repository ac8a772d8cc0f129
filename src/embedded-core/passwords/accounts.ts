import { PUBLIC, type App, type Tenant } from '../tenants/apps.js'
import { createMethod, findLogin, findMethod, findUser, passwordHashOf, publicId, setContacts, setPasswordHash, type User } from '../users/accounts.js'
import { markActive } from '../users/activity.js'
import { setVerified } from '../users/email-verification.js'
import { mayTake } from '../users/linking.js'
import { internalIdOf } from '../users/user-ids.js'
import { userJson } from '../users/user-json.js'
import { decoyHash } from './hashes.js'
import { hashInTurn, verifyInTurn } from './hashing.js'

/** Addresses that the SDK makes up for providers without email. Nobody could verify one. */
const MADE_UP = /@stfakeemail\.supertokens\.com$|\.fakeemail\.com$/

export async function signUp (tenant: Tenant, email: string, password: string): Promise<object> {
  const taken = () => findMethod(tenant.db, 'emailpassword', tenant.id, { email }) !== undefined
  if (taken()) return { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
  const hash = await hashInTurn(password, { hashing: tenant.app.hashing, settings: tenant.settings })
  // Check again: another sign-up may have taken the email while this password was being hashed.
  const user = tenant.db.transaction(() => {
    if (taken()) return undefined
    const id = addUser(tenant, email, hash)
    if (MADE_UP.test(email)) setVerified(tenant.db, id, email)
    markActive(tenant.db, id, tenant.now())
    return findUser(tenant.db, id) as User
  })
  return user === undefined
    ? { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
    : { status: 'OK', user: userJson(user), recipeUserId: user.id }
}

/** `isUrgent`: the client thinks that it is the owner who signs in. */
export async function signIn ({ app: { hashing }, db, id, now, settings }: Tenant, email: string, password: string, isUrgent: boolean): Promise<object> {
  const userId = findMethod(db, 'emailpassword', id, { email })
  const method = userId === undefined ? undefined : findLogin(db, userId)?.method
  const hash = method === undefined ? null : passwordHashOf(db, method)
  const isRight = await verifyInTurn(password, hash ?? decoyHash(settings), { hashing, settings, owner: isUrgent ? email : undefined })
  if (userId === undefined || hash === null || !isRight) return { status: 'WRONG_CREDENTIALS_ERROR' }
  // Read again, in the same tick as the answer: while the password was being verified, it may have been replaced, the
  // email changed, or the login linked to another user or deleted. Otherwise the old password works once more.
  const login = findMethod(db, 'emailpassword', id, { email }) === userId ? findLogin(db, userId) : undefined
  if (login === undefined || login.method.storedHash !== method?.storedHash) return { status: 'WRONG_CREDENTIALS_ERROR' }
  markActive(db, login.user.id, now())
  return { status: 'OK', user: userJson(login.user), recipeUserId: publicId(login.method) }
}

/** Changes email and password together or not at all. What is undefined stays as it is. */
export async function changeEmailOrPassword (app: App, givenId: string, email: string | undefined, password: string | undefined): Promise<object> {
  const { db, hashing } = app
  // Whoever may change a password has proved who they are.
  const hash = password === undefined ? undefined : await hashInTurn(password, { hashing, settings: app.settings(PUBLIC), owner: givenId })

  return db.transaction(() => {
    const userId = internalIdOf(db, givenId) ?? givenId
    const login = findLogin(db, userId)
    if (login?.method.recipe !== 'emailpassword') return { status: 'UNKNOWN_USER_ID_ERROR' }
    if (email !== undefined) {
      if (!mayTake(db, login.user, { email })) {
        return { status: 'EMAIL_CHANGE_NOT_ALLOWED_ERROR', reason: 'New email is associated with another primary user ID' }
      }
      const holders = login.method.tenantIds.map((tenantId) => findMethod(db, 'emailpassword', tenantId, { email }) ?? userId)
      if (holders.some((holder) => holder !== userId)) return { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
      setContacts(db, login.method, { email })
    }
    if (hash !== undefined) setPasswordHash(db, userId, hash)
    return { status: 'OK' }
  })
}

/** Creates a user with a hash from elsewhere, who has not been active by that. An existing user gets the hash in place of its own. */
export function importHash (tenant: Tenant, email: string, hash: string): object {
  const { db } = tenant
  return db.transaction(() => {
    const existing = findMethod(db, 'emailpassword', tenant.id, { email })
    if (existing !== undefined) setPasswordHash(db, existing, hash)
    const user = findUser(db, existing ?? addUser(tenant, email, hash)) as User
    return { status: 'OK', user: userJson(user), didUserAlreadyExist: existing !== undefined }
  })
}

function addUser ({ db, id, now }: Tenant, email: string, passwordHash: string): string {
  return createMethod(db, [id], { recipe: 'emailpassword', timeJoined: now(), email, passwordHash })
}
