import type { FastifyInstance } from 'fastify'
import { findUser, findUsersBy, userJson, type AccountInfo, type RecipeId, type User } from '../accounts.js'
import { normaliseEmail, normalisePhone } from '../normalise.js'
import { badRequest, refuse } from '../refusal.js'
import { answer, type Call } from '../transport.js'
import { internalIdOf } from '../user-ids.js'
import { updateEmailOrPassword } from './emailpassword.js'
import { updateContacts } from './passwordless.js'

/** One path for three recipes, told apart by the `rid` header; none or an unknown one means emailpassword. */
export async function recipeUser (fastify: FastifyInstance): Promise<void> {
  fastify.put('/recipe/user', answer((call) => {
    const recipe = recipeOf(call)
    if (recipe === 'thirdparty') throw refuse(405, 'Method not supported')
    return recipe === 'passwordless' ? updateContacts(call) : updateEmailOrPassword(call)
  }))
  fastify.get('/recipe/user', answer(getUser))
}

function recipeOf ({ rid }: Call): RecipeId {
  return rid === 'passwordless' || rid === 'thirdparty' ? rid : 'emailpassword'
}

/** Deprecated in favour of `/user/id` and `/users/by-accountinfo`, but still there. */
function getUser (call: Call): object {
  const { query } = call
  const recipe = recipeOf(call)
  const userId = query.optional('userId')
  if (userId === undefined) return byAccount(call, recipe)
  if (accountIn(call, recipe) !== undefined) throw badRequest('Please provide only one of userId or the account info')
  const { db } = call.publicApp()
  const id = internalIdOf(db, userId)
  const user = id === undefined ? undefined : findUser(db, id)
  const method = user?.methods.find((one) => one.userId === id && one.recipe === recipe)
  if (user === undefined || method === undefined) return { status: 'UNKNOWN_USER_ID_ERROR' }
  const alone: User = { id: method.userId, externalId: method.externalId, isPrimary: user.isPrimary, methods: [method] }
  return { status: 'OK', user: userJson(alone) }
}

function byAccount (call: Call, recipe: RecipeId): object {
  const found = accountIn(call, recipe)
  if (found === undefined) throw badRequest('Please provide one of userId or the account info')
  const { db, id } = call.tenant()
  const user = findUsersBy(db, found.account, id).find((one) => one.methods.some((method) => method.recipe === recipe))
  return user === undefined ? { status: found.unknown } : { status: 'OK', user: userJson(user) }
}

function accountIn ({ query }: Call, recipe: RecipeId): { account: AccountInfo, unknown: string } | undefined {
  if (recipe === 'thirdparty') {
    const [provider, providerUserId] = [query.optional('thirdPartyId'), query.optional('thirdPartyUserId')]
    return provider === undefined || providerUserId === undefined ? undefined : { account: { provider, providerUserId }, unknown: 'UNKNOWN_THIRD_PARTY_USER_ERROR' }
  }
  const email = query.optional('email')
  if (email !== undefined) return { account: { email: normaliseEmail(email) }, unknown: 'UNKNOWN_EMAIL_ERROR' }
  const phone = recipe === 'passwordless' ? query.optional('phoneNumber') : undefined
  return phone === undefined ? undefined : { account: { phone: normalisePhone(phone) }, unknown: 'UNKNOWN_PHONE_NUMBER_ERROR' }
}
