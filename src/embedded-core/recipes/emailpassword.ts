import type { FastifyInstance } from 'fastify'
import { createMethod, findMethod, findUser, publicId, userJson, type LoginMethod, type User } from '../users/accounts.js'
import { markActive } from '../users/activity.js'
import type { App, Tenant } from '../tenants/apps.js'
import { randomToken, sha256 } from '../storage/digests.js'
import { mayTake } from '../users/linking.js'
import { normaliseEmail } from '../users/normalise.js'
import { hashPassword, hashProblem, isHashAlgorithm, verifyPassword } from '../users/passwords.js'
import { badRequest } from '../http/refusals.js'
import { answer, type Call } from '../http/transport.js'
import { externalIdOf, internalIdOf } from '../users/user-ids.js'
import { setVerified } from '../users/email-verification.js'

const INVALID_TOKEN = { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' }
/** Addresses that the SDK invents for providers without email; nobody could verify one. */
const INVENTED = /@stfakeemail\.supertokens\.com$|\.fakeemail\.com$/

export async function emailPassword (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signup', answer(signUp))
  fastify.post('/recipe/signin', answer(signIn))
  fastify.post('/recipe/user/password/reset/token', answer(createResetToken))
  fastify.post('/recipe/user/password/reset/token/consume', answer((call) => {
    const token = call.body.string('token')
    const tenant = call.tenant()
    const used = tenant.db.transaction(() => useResetToken(tenant, token))
    return used === undefined ? INVALID_TOKEN : { status: 'OK', userId: externalIdOf(tenant.db, used.userId) ?? used.userId, email: used.email }
  }))
  fastify.post('/recipe/user/password/reset', answer(resetPassword))
  fastify.post('/recipe/user/passwordhash/import', answer(importHash))
}

function notEmptyPassword (password: string): string {
  if (password === '') throw badRequest('Password cannot be an empty string')
  return password
}

function addUser ({ db, id, now }: Tenant, email: string, passwordHash: string): User {
  const userId = createMethod(db, [id], { recipe: 'emailpassword', timeJoined: now(), email, passwordHash })
  if (INVENTED.test(email)) setVerified(db, userId, email)
  markActive(db, userId, now())
  return findUser(db, userId) as User
}

async function signUp ({ body, tenant: getTenant }: Call): Promise<object> {
  const email = normaliseEmail(body.string('email'))
  const password = notEmptyPassword(body.string('password'))
  const tenant = getTenant()
  const taken = () => findMethod(tenant.db, 'emailpassword', tenant.id, { email }) !== undefined
  if (taken()) return { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
  const hash = await hashPassword(password, tenant.settings)
  // While the password was hashed, somebody else may have signed up.
  const user = tenant.db.transaction(() => taken() ? undefined : addUser(tenant, email, hash))
  return user === undefined
    ? { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
    : { status: 'OK', user: userJson(user), recipeUserId: user.id }
}

async function signIn ({ body, tenant: getTenant }: Call): Promise<object> {
  const email = normaliseEmail(body.string('email'))
  const password = body.string('password')
  const { db, id, now, settings } = getTenant()
  const userId = findMethod(db, 'emailpassword', id, { email })
  const stored = userId === undefined ? undefined : methodOf(db, userId)?.passwordHash
  if (userId === undefined || stored == null || !await verifyPassword(password, stored, settings)) return { status: 'WRONG_CREDENTIALS_ERROR' }
  // Read again: the user may be another one's by now, or gone.
  const user = findUser(db, userId)
  const method = user?.methods.find((candidate) => candidate.userId === userId)
  if (user === undefined || method === undefined) return { status: 'WRONG_CREDENTIALS_ERROR' }
  markActive(db, user.id, now())
  return { status: 'OK', user: userJson(user), recipeUserId: publicId(method) }
}

function methodOf (db: App['db'], userId: string): LoginMethod | undefined {
  return findUser(db, userId)?.methods.find((method) => method.userId === userId)
}

function createResetToken ({ body, tenant }: Call): object {
  const givenId = body.string('userId')
  const { db, now, settings } = tenant()
  const userId = internalIdOf(db, givenId)
  if (userId === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
  const token = randomToken()
  db.run('INSERT INTO reset_tokens (token_hash, user_id, email, expires_at) VALUES (?, ?, ?, ?)',
    sha256(token), userId, body.string('email'), now() + settings.resetTokenLifetime)
  return { status: 'OK', token }
}

/** Using one token, even an expired one, uses up all of the user's. */
function useResetToken ({ db, now }: Tenant, token: string): { userId: string, email: string } | undefined {
  const found = db.get<{ user_id: string, email: string, expires_at: number }>('SELECT * FROM reset_tokens WHERE token_hash = ?', sha256(token))
  if (found === undefined) return undefined
  db.run('DELETE FROM reset_tokens WHERE user_id = ?', found.user_id)
  return found.expires_at < now() ? undefined : { userId: found.user_id, email: found.email }
}

async function resetPassword ({ body, tenant: getTenant }: Call): Promise<object> {
  const method = body.string('method')
  const token = body.string('token')
  const password = body.string('newPassword')
  if (method !== 'token') throw badRequest('Unsupported method for password reset')
  const tenant = getTenant()
  const hash = await hashPassword(notEmptyPassword(password), tenant.settings)
  const { db } = tenant
  const used = db.transaction(() => {
    const found = useResetToken(tenant, token)
    if (found !== undefined) db.run('UPDATE users SET password_hash = ? WHERE user_id = ? AND recipe = \'emailpassword\'', hash, found.userId)
    return found
  })
  return used === undefined ? INVALID_TOKEN : { status: 'OK', userId: externalIdOf(db, used.userId) ?? used.userId }
}

/** `PUT /recipe/user`: email and password are changed together or not at all. */
export async function updateEmailOrPassword ({ body, publicApp }: Call): Promise<object> {
  const givenId = body.string('recipeUserId')
  const given = body.optionalString('email')
  const password = body.optionalString('password')
  if (given === undefined && password === undefined) throw badRequest('You have to provide either email or password.')
  const email = given === undefined ? undefined : normaliseEmail(given)
  const app = publicApp()
  const { db } = app
  const hash = password === undefined ? undefined : await hashPassword(password, app.settings('public'))

  return db.transaction(() => {
    const userId = internalIdOf(db, givenId) ?? givenId
    const user = findUser(db, userId)
    const method = user?.methods.find((candidate) => candidate.userId === userId && candidate.recipe === 'emailpassword')
    if (user === undefined || method === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
    if (email !== undefined) {
      if (!mayTake(db, user, { email })) {
        return { status: 'EMAIL_CHANGE_NOT_ALLOWED_ERROR', reason: 'New email is associated with another primary user ID' }
      }
      const holders = method.tenantIds.map((tenantId) => findMethod(db, 'emailpassword', tenantId, { email }) ?? userId)
      if (holders.some((holder) => holder !== userId)) return { status: 'EMAIL_ALREADY_EXISTS_ERROR' }
      db.run('UPDATE users SET email = ? WHERE user_id = ?', email, userId)
    }
    if (hash !== undefined) db.run('UPDATE users SET password_hash = ? WHERE user_id = ?', hash, userId)
    return { status: 'OK' }
  })
}

/** A user with a hash from elsewhere; one that exists gets the hash in place of its own. */
function importHash ({ body, tenant: getTenant }: Call): object {
  const email = normaliseEmail(body.string('email'))
  const hash = body.string('passwordHash').trim()
  const algorithm = body.optionalString('hashingAlgorithm')?.trim().toUpperCase()
  if (hash === '') throw badRequest('Password hash cannot be an empty string')
  if (algorithm === '') throw badRequest('Hashing Algorithm cannot be an empty string')
  if (algorithm !== undefined && !isHashAlgorithm(algorithm)) throw badRequest('Unsupported password hashing algorithm')
  const tenant = getTenant()
  const problem = hashProblem(hash, algorithm, tenant.settings)
  if (problem !== undefined) throw badRequest(problem)

  const { db } = tenant
  return db.transaction(() => {
    const existing = findMethod(db, 'emailpassword', tenant.id, { email })
    if (existing !== undefined) db.run('UPDATE users SET password_hash = ? WHERE user_id = ?', hash, existing)
    const user = existing === undefined ? addUser(tenant, email, hash) : findUser(db, existing) as User
    return { status: 'OK', user: userJson(user), didUserAlreadyExist: existing !== undefined }
  })
}
