import { BITS } from '../storage/counts.js'
import type { Storage } from '../storage/storage.js'
import type { ListEntry, RecipeId } from './accounts.js'

export type Order = 'ASC' | 'DESC'
export interface PageQuery { tenantId: string, recipes: RecipeId[], order: Order, from: ListEntry | undefined, limit: number }

const ALL: RecipeId[] = ['emailpassword', 'thirdparty', 'passwordless']

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

/** The number of persons in a tenant or, without one, in all. Persons are counted as they come and go (`storage/counts.ts`). */
export function countPersons (db: Storage, tenantId: string | undefined, recipes: RecipeId[]): number {
  const wanted = orAll(recipes).reduce((bits, recipe) => bits | (BITS[recipe] ?? 0), 0)
  return db.get<{ count: number }>('SELECT coalesce(sum(persons), 0) AS count FROM person_counts WHERE tenant_id = ? AND recipes & ? <> 0', tenantId ?? '', wanted)?.count ?? 0
}

function orAll (recipes: RecipeId[]): RecipeId[] {
  return recipes.length === 0 ? ALL : [...new Set(recipes)]
}
