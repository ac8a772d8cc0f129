import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { badRequest, refuse } from '../input/refusals.js'
import { stored } from '../input/widths.js'
import { changeContacts } from '../passwordless/contacts.js'
import { changeEmailOrPassword } from '../passwords/accounts.js'
import { findLogin, findUsersBy, hasAccount, type AccountInfo, type RecipeId, type User } from '../users/accounts.js'
import { normaliseEmail, normalisePhone } from '../users/normalise.js'
import { internalIdOf } from '../users/user-ids.js'
import { userJson } from '../users/user-json.js'

/** One path for three recipes, chosen by the `rid` header. Without one, or with an unknown one, it is emailpassword. */
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

async function updateEmailOrPassword ({ body, publicApp }: Call): Promise<object> {
  const givenId = body.string('recipeUserId')
  const email = body.optionalString('email')
  const password = body.optionalString('password')
  if (email === undefined && password === undefined) throw badRequest('You have to provide either email or password.')
  const app = publicApp()
  return await changeEmailOrPassword(app, givenId, email === undefined ? undefined : stored(normaliseEmail(email), 'email'), password)
}

function updateContacts ({ body, publicApp }: Call): object {
  const givenId = body.string('recipeUserId')
  const field = (name: string, normalise: (text: string) => string) => {
    if (!body.has(name)) return undefined
    return body.isNull(name) ? null : normalise(body.string(name))
  }
  const email = field('email', normaliseEmail)
  const phone = field('phoneNumber', normalisePhone)
  const { db } = publicApp()
  stored(email ?? '', 'email')
  stored(phone ?? '', 'phoneNumber')
  return changeContacts(db, givenId, { email, phone })
}

const FIELDS: Record<RecipeId, { names: string[], none: string, several: string }> = {
  emailpassword: { names: ['email'], none: 'Please provide one of userId or email', several: 'Please provide only one of userId or email' },
  thirdparty: {
    names: ['thirdPartyId', 'thirdPartyUserId'],
    none: 'Please provide one of userId or (thirdPartyId & thirdPartyUserId)',
    several: 'Please provide only one of userId or (thirdPartyId & thirdPartyUserId)'
  },
  passwordless: {
    names: ['email', 'phoneNumber'],
    none: 'Please provide exactly one of userId, email or phoneNumber',
    several: 'Please provide exactly one of userId, email or phoneNumber'
  }
}

/** Deprecated in the real Core in favour of `/user/id` and `/users/by-accountinfo`, but still available. */
function getUser (call: Call): object {
  const { query } = call
  const recipe = recipeOf(call)
  const { names, none, several } = FIELDS[recipe]
  const given = names.filter((name) => query.optional(name) !== undefined)
  const userId = query.optional('userId')
  if (userId === undefined) {
    const account = accountIn(call, recipe)
    if (account === undefined) throw badRequest(none)
    if (recipe === 'passwordless' && given.length > 1) throw badRequest(several)
    return byAccount(call, recipe, account)
  }
  if (given.length > 0) throw badRequest(several)
  const { db } = call.publicApp()
  const id = internalIdOf(db, userId)
  const login = id === undefined ? undefined : findLogin(db, id)
  if (login?.method.recipe !== recipe) return { status: 'UNKNOWN_USER_ID_ERROR' }
  const { user, method } = login
  const alone: User = { id: method.userId, externalId: method.externalId, isPrimary: user.isPrimary, methods: [method] }
  return { status: 'OK', user: userJson(alone) }
}

interface Lookup { account: AccountInfo, unknown: string }

function byAccount (call: Call, recipe: RecipeId, { account, unknown }: Lookup): object {
  const { db, id } = call.tenant()
  const user = findUsersBy(db, account, id).find((one) => one.methods.some((method) => method.recipe === recipe && hasAccount(method, account)))
  return user === undefined ? { status: unknown } : { status: 'OK', user: userJson(user) }
}

function accountIn ({ query }: Call, recipe: RecipeId): Lookup | undefined {
  if (recipe === 'thirdparty') {
    const [provider, providerUserId] = [query.optional('thirdPartyId'), query.optional('thirdPartyUserId')]
    return provider === undefined || providerUserId === undefined ? undefined : { account: { provider, providerUserId }, unknown: 'UNKNOWN_THIRD_PARTY_USER_ERROR' }
  }
  const email = query.optional('email')
  if (email !== undefined) return { account: { email: normaliseEmail(email) }, unknown: 'UNKNOWN_EMAIL_ERROR' }
  const phone = recipe === 'passwordless' ? query.optional('phoneNumber') : undefined
  return phone === undefined ? undefined : { account: { phone: normalisePhone(phone) }, unknown: 'UNKNOWN_PHONE_NUMBER_ERROR' }
}
