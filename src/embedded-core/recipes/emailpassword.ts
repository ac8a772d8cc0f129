import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import { stored } from '../input/widths.js'
import { importHash, signIn, signUp } from '../passwords/accounts.js'
import { hashProblem, isHashAlgorithm } from '../passwords/hashes.js'
import { hashInTurn } from '../passwords/hashing.js'
import { consumeResetToken, createResetToken, ownerOfToken, resetPassword } from '../passwords/reset-tokens.js'
import { normaliseEmail } from '../users/normalise.js'
import { internalIdOf, recipesUsing } from '../users/user-ids.js'

const INVALID_TOKEN = { status: 'RESET_PASSWORD_INVALID_TOKEN_ERROR' }

export async function emailPassword (fastify: FastifyInstance): Promise<void> {
  fastify.post('/recipe/signup', answer(async ({ body, tenant: getTenant }) => {
    const [email, password] = [normaliseEmail(body.string('email')), body.string('password')]
    notEmptyPassword(password)
    const tenant = getTenant()
    return await signUp(tenant, stored(email, 'email'), password)
  }))

  fastify.post('/recipe/signin', answer(async ({ body, isUrgent, tenant: getTenant }) => {
    const email = normaliseEmail(body.string('email'))
    const password = body.string('password')
    return await signIn(getTenant(), email, password, isUrgent)
  }))

  fastify.post('/recipe/user/password/reset/token', answer(({ body, tenant: getTenant }) => {
    const givenId = body.string('userId')
    const tenant = getTenant()
    const userId = internalIdOf(tenant.db, givenId)
    if (userId === undefined) {
      // The real Core reads the email as soon as it knows the id, be it from another recipe, where no user has it.
      if (recipesUsing(tenant.db, givenId, tenant.now()).length > 0) body.string('email')
      return { status: 'UNKNOWN_USER_ID_ERROR' }
    }
    return { status: 'OK', token: createResetToken(tenant, userId, stored(body.string('email'), 'email')) }
  }))

  fastify.post('/recipe/user/password/reset/token/consume', answer((call) => {
    const token = call.body.string('token')
    const reset = consumeResetToken(call.tenant(), token)
    return reset === undefined ? INVALID_TOKEN : { status: 'OK', ...reset }
  }))

  fastify.post('/recipe/user/password/reset', answer(async ({ body, tenant: getTenant }) => {
    const method = body.string('method')
    const token = body.string('token')
    const password = body.string('newPassword')
    if (method !== 'token') throw badRequest('Unsupported method for password reset')
    notEmptyPassword(password)
    const tenant = getTenant()
    // Nobody can make up a token, so a hash is for an owner only, and one that is no token costs none.
    const owner = ownerOfToken(tenant, token)
    if (owner === undefined) return INVALID_TOKEN
    const hash = await hashInTurn(password, { hashing: tenant.app.hashing, settings: tenant.settings, owner })
    const reset = resetPassword(tenant, token, hash)
    return reset === undefined ? INVALID_TOKEN : { status: 'OK', userId: reset.userId }
  }))

  fastify.post('/recipe/user/passwordhash/import', answer(importPasswordHash))
}

function notEmptyPassword (password: string): void {
  if (password === '') throw badRequest('Password cannot be an empty string')
}

function importPasswordHash ({ body, tenant: getTenant }: Call): object {
  const email = normaliseEmail(body.string('email'))
  const hash = trim(body.string('passwordHash'))
  const given = body.optionalString('hashingAlgorithm')
  const algorithm = given === undefined ? undefined : trim(given).toUpperCase()
  if (hash === '') throw badRequest('Password hash cannot be an empty string')
  if (algorithm === '') throw badRequest('Hashing Algorithm cannot be an empty string')
  if (algorithm !== undefined && !isHashAlgorithm(algorithm)) throw badRequest('Unsupported password hashing algorithm')
  const tenant = getTenant()
  const problem = hashProblem(hash, algorithm, tenant.settings)
  if (problem !== undefined) throw badRequest(problem)
  return importHash(tenant, stored(email, 'email'), hash)
}
