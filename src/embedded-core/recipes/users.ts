import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { pageToken, readPageToken, type PageStart } from '../input/page-token.js'
import type { Query } from '../input/query.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import type { Storage } from '../storage/storage.js'
import { findUser, findUsersWith, loadEntries, type ListEntry, type RecipeId, type User } from '../users/accounts.js'
import { countActive } from '../users/activity.js'
import { deleteUser } from '../users/deletion.js'
import { countPersons, userPage } from '../users/lists.js'
import { normaliseEmail, normalisePhone } from '../users/normalise.js'
import { internalIdOf } from '../users/user-ids.js'
import { searchUsers } from '../users/search.js'
import { userJson } from '../users/user-json.js'

const MAX_PAGE = 500
// All recipe ids of the protocol. Users sign in with the first three only; the others find nobody here.
const RECIPES = new Set(['emailpassword', 'thirdparty', 'passwordless', 'webauthn', 'session', 'emailverification', 'jwt', 'usermetadata', 'userroles',
  'useridmapping', 'dashboard', 'totp', 'multitenancy', 'accountlinking', 'mfa', 'oauth'])

export async function users (fastify: FastifyInstance): Promise<void> {
  fastify.get('/user/id', answer((call) => {
    const userId = call.query.string('userId')
    const user = byAnyId(call.publicApp().db, userId)
    return user === undefined ? { status: 'UNKNOWN_USER_ID_ERROR' } : { status: 'OK', user: userJson(user) }
  }))

  fastify.get('/users/by-accountinfo', answer(byAccountInfo))
  fastify.get('/users', answer(listUsers))
  fastify.get('/users/count', answer(countUsers))

  fastify.get('/users/count/active', answer((call) => {
    const since = call.query.long('since')
    if (since < 0) throw badRequest('\'since\' query parameter must be >= 0')
    return { status: 'OK', count: countActive(call.publicApp({ tenantFirst: true }).db, since) }
  }))

  fastify.post('/user/remove', answer((call) => {
    const userId = call.body.string('userId')
    const withLinked = call.body.optionalBoolean('removeAllLinkedAccounts') ?? true
    const { db } = call.publicApp({ tenantFirst: true })
    db.transaction(() => deleteUser(db, userId, withLinked))
    return { status: 'OK' }
  }))

  fastify.get('/user/search/tags', answer(() => ({ status: 'OK', tags: ['email', 'phone', 'provider'] })))
}

function byAnyId (db: Storage, id: string): User | undefined {
  const userId = internalIdOf(db, id)
  return userId === undefined ? undefined : findUser(db, userId)
}

function byAccountInfo ({ query, tenant: getTenant }: Call): object {
  const email = query.optional('email')
  const phone = query.optional('phoneNumber')
  const provider = query.optional('thirdPartyId')
  const providerUserId = query.optional('thirdPartyUserId')
  const credential = query.optional('webauthnCredentialId')
  const union = query.string('doUnionOfAccountInfo')
  if (union !== 'true' && union !== 'false') throw badRequest('\'doUnionOfAccountInfo\' should be either \'true\' or \'false\'')
  if ((provider === undefined) !== (providerUserId === undefined)) {
    throw badRequest('If \'thirdPartyId\' is provided, \'thirdPartyUserId\' must also be provided, and vice versa')
  }
  const { db, id } = getTenant()

  const wanted = [
    ...(email === undefined ? [] : [{ email: normaliseEmail(email) }]),
    ...(phone === undefined ? [] : [{ phone: normalisePhone(phone) }]),
    ...(provider === undefined ? [] : [{ provider, providerUserId }])
  ]
  // Nobody here has a passkey, so nobody has all of several accounts with one among them.
  if (union === 'false' && credential !== undefined) return { status: 'OK', users: [] }
  return { status: 'OK', users: findUsersWith(db, id, wanted, union === 'true' ? 'any' : 'all').map(userJson) }
}

function recipesIn (query: Query): RecipeId[] {
  const recipes = query.list('includeRecipeIds')
  for (const recipe of recipes) if (!RECIPES.has(recipe.toLowerCase())) throw badRequest(`Unknown recipe ID: ${recipe}`)
  return recipes.map((recipe) => recipe.toLowerCase()) as RecipeId[]
}

async function listUsers ({ query, tenant: getTenant }: Call): Promise<object> {
  const recipes = recipesIn(query)
  const { db, id } = getTenant()
  const token = query.optional('paginationToken')
  const limit = query.optionalInteger('limit') ?? 100
  const order = query.optional('timeJoinedOrder') ?? 'ASC'
  if (order !== 'ASC' && order !== 'DESC') throw badRequest('timeJoinedOrder can be either ASC OR DESC')
  const tags = (name: string) => (query.optional(name) ?? '').split(';').map((tag) => trim(tag).toLowerCase()).filter((tag) => tag !== '')
  const search = { email: tags('email'), phone: tags('phone'), provider: tags('provider') }
  const searching = Object.values(search).some((list) => list.length > 0)
  if (limit > MAX_PAGE && !searching) throw badRequest(`max limit allowed is ${MAX_PAGE}`)
  if (limit < 1) throw badRequest('limit must a positive integer with min value 1')
  const answerOf = (entries: ListEntry[]) => ({ status: 'OK', users: loadEntries(db, entries).map(userJson) })

  const from = token === undefined ? undefined : entryAt(readPageToken(token))
  if (searching) return answerOf(await searchUsers(db, id, search, order))

  const entries = userPage(db, { tenantId: id, recipes, order, from, limit: limit + 1 })
  const next = entries[limit]
  return {
    ...answerOf(entries.slice(0, limit)),
    ...(next !== undefined && { nextPaginationToken: pageToken({ id: next.primary_id, time: next.primary_time }) })
  }
}

/** A page's first user, in either order. */
function entryAt ({ id, time }: PageStart): ListEntry {
  return { primary_id: id, primary_time: time }
}

function countUsers (call: Call): object {
  const recipes = recipesIn(call.query)
  const everywhere = call.query.optional('includeAllTenants')?.toLowerCase() === 'true'
  const count = everywhere
    ? countPersons(call.publicApp().db, undefined, recipes)
    : countPersons(call.tenant().db, call.target.tenantId, recipes)
  return { status: 'OK', count }
}
