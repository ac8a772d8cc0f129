import { setImmediate } from 'node:timers/promises'
import { ownerOf } from '../storage/owners.js'
import type { Stored } from '../storage/personal.js'
import type { Storage, Value } from '../storage/storage.js'
import type { ListEntry, RecipeId } from './accounts.js'
import { countPersons, type Order } from './lists.js'

/** Beginnings of an email or of its domain, of a phone number, of a provider's name. LIKE's wildcards are wildcards. */
export type Search = Record<'email' | 'phone' | 'provider', string[]>

/** Of each kind, in this order, as JSON. */
type Tags = [email: string, phone: string, provider: string]

const MOST_FOUND = 1000
/** Candidates, and login methods of a recipe, that are read in one turn of the event loop. Other requests must not wait for a search. */
const AT_ONCE = 500

const ALL: RecipeId[] = ['emailpassword', 'thirdparty', 'passwordless']

const DOMAIN = 'substr(email, instr(email, \'@\') + 1)'
const between = (text: string) => `${text} >= ?1 AND ${text} < ?2`

/** How a beginning is looked up in the indexes. */
const LOOK_UPS: Record<keyof Search, string[]> = {
  email: [between('email'), `instr(email, '@') > 0 AND ${between(DOMAIN)}`],
  phone: [between('phone COLLATE NOCASE')],
  provider: [between('provider COLLATE NOCASE')]
}
/** Emails with several @ have several domains to look for. There are few. */
const SEVERAL_DOMAINS = `instr(${DOMAIN}, '@') > 0`

/** Whether a login method matches each kind that tags are given for, by any of its tags. `?2` to `?4` are lists of tags. */
const MATCHES = `
  (?2 = '[]' OR EXISTS (SELECT 1 FROM json_each(?2) tag WHERE u.email LIKE tag.value || '%' OR u.email LIKE '%@' || tag.value || '%')) AND
  (?3 = '[]' OR EXISTS (SELECT 1 FROM json_each(?3) tag WHERE u.phone LIKE tag.value || '%')) AND
  (?4 = '[]' OR EXISTS (SELECT 1 FROM json_each(?4) tag WHERE u.provider LIKE tag.value || '%'))`

/**
 * Searches by the beginning of an email, of its domain, of a phone number or of a provider's name. If several kinds are
 * given, a user must match each. Finds 1000 users at most.
 */
export async function searchUsers (db: Storage, tenantId: string, search: Search, order: Order): Promise<ListEntry[]> {
  const tags = [search.email, search.phone, search.provider].map((list) => JSON.stringify(list)) as Tags
  // If an index offers more than these, a thousand are found sooner by reading the list in its order: there every n-th matches.
  const most = Math.floor(Math.sqrt(MOST_FOUND * countPersons(db, tenantId, [])))
  for (const kind of ['phone', 'email', 'provider'] as const) {
    // A blind index knows whole values alone.
    if (db.personal.isSealed && kind !== 'provider') continue
    const candidates = search[kind].length === 0 ? undefined : candidatesFor(db, kind, search[kind], most)
    if (candidates !== undefined) return await among(db, tenantId, candidates, tags, order)
  }
  return await walking(db, tenantId, search, tags, order)
}

/** The rows that may match, by the indexes; undefined if these offer too many. */
function candidatesFor (db: Storage, kind: keyof Search, tags: string[], most: number): number[] | undefined {
  const rows = new Set<number>()
  const add = (condition: string, ...values: string[]) => {
    // Passing over entries of an index is much faster than reading them.
    if (db.get(`SELECT 1 FROM users WHERE ${condition} LIMIT 1 OFFSET ?`, ...values, most) !== undefined) return false
    for (const { at } of db.all<{ at: number }>(`SELECT rowid AS at FROM users WHERE ${condition}`, ...values)) rows.add(at)
    return rows.size <= most
  }
  for (const tag of tags) {
    const beginning = tag.split(/[%_]/)[0] as string
    // It begins with a wildcard: no index knows where.
    if (beginning === '') return undefined
    if (!LOOK_UPS[kind].every((lookUp) => add(lookUp, beginning, after(beginning)))) return undefined
  }
  return kind !== 'email' || add(SEVERAL_DOMAINS) ? [...rows] : undefined
}

/** The first text that comes after all those with this beginning, in the order of their bytes in UTF-8. */
function after (beginning: string): string {
  const characters = [...beginning]
  const last = (characters.pop() as string).codePointAt(0) as number
  // There are no characters between these two.
  return characters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : Math.min(last + 1, 0x10ffff))
}

/** Looks at each candidate. */
async function among (db: Storage, tenantId: string, rows: number[], tags: Tags, order: Order): Promise<ListEntry[]> {
  const found = new Map<string, ListEntry>()
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    if (from > 0) await setImmediate()
    const entries = matching(db, tags, `FROM json_each(?1) wanted CROSS JOIN users u ON u.rowid = wanted.value
      CROSS JOIN user_tenants t ON t.user_id = u.user_id AND t.tenant_id = ?5 WHERE true`, JSON.stringify(rows.slice(from, from + AT_ONCE)), tenantId)
    for (const entry of entries) found.set(entry.primary_id, entry)
  }
  return inOrder([...found.values()], order).slice(0, MOST_FOUND)
}

/** Walks along the list until enough are found. */
async function walking (db: Storage, tenantId: string, { phone, provider }: Search, tags: Tags, order: Order): Promise<ListEntry[]> {
  const recipes = ALL.filter((recipe) => (phone.length === 0 || recipe === 'passwordless') && (provider.length === 0 || recipe === 'thirdparty'))
  const found: ListEntry[] = []
  for await (const window of windows(db, tenantId, recipes, order)) {
    found.push(...inOrder(matching(db, tags, `FROM json_each(?1) wanted CROSS JOIN user_tenants t ON t.recipe = wanted.value
      CROSS JOIN users u ON u.user_id = t.user_id WHERE t.tenant_id = ?5 AND t.primary_time > ?6 AND t.primary_time <= ?7`, JSON.stringify(recipes), tenantId, ...window), order))
    if (found.length >= MOST_FOUND) break
  }
  return found.slice(0, MOST_FOUND)
}

/** Whoever joined first (or last) comes first; of those of one moment, the greatest id. */
function inOrder (entries: ListEntry[], order: Order): ListEntry[] {
  const direction = order === 'ASC' ? 1 : -1
  return entries.sort((one, other) => direction * (one.primary_time - other.primary_time) || (one.primary_id < other.primary_id ? 1 : -1))
}

type MethodRow = ListEntry & Stored<'email' | 'phone' | 'provider_user_id'> & { user_id: string, provider: string | null }

/** The persons that match, of login methods `u` in tenants `t`. `?2` to `?4` are the tags. Sealed ones are opened first: SQLite cannot read them. */
function matching (db: Storage, tags: Tags, from: string, first: string, ...others: Value[]): ListEntry[] {
  if (!db.personal.isSealed) return db.all<ListEntry>(`SELECT DISTINCT t.primary_id, t.primary_time ${from} AND ${MATCHES}`, first, ...tags, ...others)
  const rows = db.all<MethodRow>(`SELECT u.primary_id, t.primary_time, u.user_id, u.email, u.phone, u.provider, u.provider_user_id, u.sealed ${from}`, first, ...tags, ...others)
  const opened = rows.map(({ primary_id: id, primary_time: time, user_id: userId, provider, ...stored }) => {
    const { email, phone } = db.personal.read<'email' | 'phone' | 'provider_user_id'>(stored, ownerOf.user(userId, id))
    return { id, time, email, phone, provider }
  })
  return db.all<ListEntry>(`SELECT DISTINCT id AS primary_id, time AS primary_time FROM (SELECT value ->> 'id' AS id, value ->> 'time' AS time,
    value ->> 'email' AS email, value ->> 'phone' AS phone, value ->> 'provider' AS provider FROM json_each(?1)) u WHERE ${MATCHES}`, JSON.stringify(opened), ...tags)
}

/**
 * Splits a tenant into windows (after, until] of about the same number of users, by the time at which they joined, and
 * yields to the event loop between windows. A person has one such time and is therefore in exactly one window.
 */
async function * windows (db: Storage, tenantId: string, recipes: RecipeId[], order: Order): AsyncGenerator<[after: number, until: number]> {
  const ascending = order === 'ASC'
  let [after, until] = [-Infinity, Infinity]
  for (;;) {
    const ends = recipes.flatMap((recipe) => db.get<{ end: number }>(`SELECT primary_time AS end FROM user_tenants
      WHERE tenant_id = ? AND recipe = ? AND primary_time > ? AND primary_time <= ? ORDER BY primary_time ${order} LIMIT 1 OFFSET ${AT_ONCE}`,
    tenantId, recipe, after, until)?.end ?? [])
    if (ends.length === 0) return yield [after, until]
    const end = ascending ? Math.min(...ends) : Math.max(...ends) - 1
    yield ascending ? [after, end] : [end, until]
    ;[after, until] = ascending ? [end, until] : [after, end]
    await setImmediate()
  }
}
