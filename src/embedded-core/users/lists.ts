import { setImmediate } from 'node:timers/promises'
import type { Storage, Value } from '../storage/storage.js'
import type { ListEntry, RecipeId } from './accounts.js'

// A file may have a million users, so every query here walks along an index by the time at which a person joined:
// user_tenants_page within a tenant, by recipe, and user_tenants_person across all tenants.

export type Order = 'ASC' | 'DESC'
export interface PageQuery { tenantId: string, recipes: RecipeId[], order: Order, from: ListEntry | undefined, limit: number }
export type Search = Record<'email' | 'phone' | 'provider', string[]>

const ALL: RecipeId[] = ['emailpassword', 'thirdparty', 'passwordless']
const MOST_FOUND = 1000
/** Login methods of a recipe that are read in one turn of the event loop. */
const WINDOW = 2000

/** A page of persons. The index is ordered within each recipe, so merge one page of each recipe. */
export function userPage (db: Storage, { tenantId, recipes, order, from, limit }: PageQuery): ListEntry[] {
  const direction = `ORDER BY primary_time ${order}, primary_id ${order} LIMIT ?`
  const ofOneRecipe = `SELECT * FROM (SELECT DISTINCT primary_time, primary_id FROM user_tenants
    WHERE tenant_id = ? AND recipe = ? AND (primary_time, primary_id) ${order === 'ASC' ? '>=' : '<='} (?, ?) ${direction})`
  const { primary_time: time, primary_id: userId } = from ?? { primary_time: order === 'ASC' ? -Infinity : Infinity, primary_id: '' }
  const wanted = orAll(recipes)
  return db.all<ListEntry>(`${wanted.map(() => ofOneRecipe).join(' UNION ')} ${direction}`,
    ...wanted.flatMap((recipe) => [tenantId, recipe, time, userId, limit]), limit)
}

/** The number of persons in a tenant or, without one, in all. Those who join or leave meanwhile may be counted. */
export async function countPersons (db: Storage, tenantId: string | undefined, recipes: RecipeId[]): Promise<number> {
  const wanted = orAll(recipes)
  let total = 0
  for await (const window of windows(db, tenantId, wanted, 'ASC')) {
    total += db.get<{ count: number }>(`SELECT count(DISTINCT primary_id) AS count FROM user_tenants
      WHERE ${tenantId === undefined ? '' : 'tenant_id = ? AND'} recipe IN (${list(wanted)}) AND primary_time > ? AND primary_time <= ?`,
    ...(tenantId === undefined ? [] : [tenantId]), ...window)?.count ?? 0
  }
  return total
}

/**
 * Searches by the beginning of an email, of its domain, of a phone number or of a provider's name. If several kinds are
 * given, a user must match each. Finds 1000 users at most.
 */
export async function searchUsers (db: Storage, tenantId: string, search: Search, order: Order): Promise<ListEntry[]> {
  const patterns: Value[] = []
  const like = (column: string, pattern: string) => {
    patterns.push(pattern)
    return `u.${column} LIKE ?`
  }
  const conditions = [
    search.email.flatMap((tag) => [like('email', `${tag}%`), like('email', `%@${tag}%`)]),
    search.phone.map((tag) => like('phone', `${tag}%`)),
    search.provider.map((tag) => like('provider', `${tag}%`))
  ].filter((tags) => tags.length > 0).map((tags) => `AND (${tags.join(' OR ')})`)
  const wanted = ALL.filter((recipe) => (search.phone.length === 0 || recipe === 'passwordless') && (search.provider.length === 0 || recipe === 'thirdparty'))

  const found: ListEntry[] = []
  for await (const window of windows(db, tenantId, wanted, order)) {
    found.push(...db.all<ListEntry>(`SELECT DISTINCT t.primary_id, t.primary_time FROM user_tenants t CROSS JOIN users u ON u.user_id = t.user_id
      WHERE t.tenant_id = ? AND t.recipe IN (${list(wanted)}) AND t.primary_time > ? AND t.primary_time <= ? ${conditions.join(' ')}
      ORDER BY t.primary_time ${order}, t.primary_id DESC LIMIT ?`, tenantId, ...window, ...patterns, MOST_FOUND - found.length))
    if (found.length === MOST_FOUND) break
  }
  return found
}

/**
 * Splits a tenant, or all, into windows (after, until] of about the same number of users, by the time at which they
 * joined, and yields to the event loop between windows: reading a million users must not keep other requests waiting.
 * A person has one such time and is therefore in exactly one window.
 */
async function * windows (db: Storage, tenantId: string | undefined, recipes: RecipeId[], order: Order): AsyncGenerator<[after: number, until: number]> {
  const ascending = order === 'ASC'
  const walks: Array<[string, ...Value[]]> = tenantId === undefined
    ? [['']]
    : recipes.map((recipe) => ['tenant_id = ? AND recipe = ? AND', tenantId, recipe])
  let [after, until] = [-Infinity, Infinity]
  for (;;) {
    const ends = walks.flatMap(([condition, ...values]) => db.get<{ end: number }>(`SELECT primary_time AS end FROM user_tenants
      WHERE ${condition} primary_time > ? AND primary_time <= ? ORDER BY primary_time ${order} LIMIT 1 OFFSET ${WINDOW}`, ...values, after, until)?.end ?? [])
    if (ends.length === 0) return yield [after, until]
    const end = ascending ? Math.min(...ends) : Math.max(...ends) - 1
    yield ascending ? [after, end] : [end, until]
    ;[after, until] = ascending ? [end, until] : [after, end]
    await setImmediate()
  }
}

function orAll (recipes: RecipeId[]): RecipeId[] {
  return recipes.length === 0 ? ALL : recipes
}

function list (recipes: RecipeId[]): string {
  return recipes.map((recipe) => `'${recipe}'`).join(', ')
}
