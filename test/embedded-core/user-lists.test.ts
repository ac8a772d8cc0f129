import t from 'tap'
import { addToTenant, createMethod, findUser, loadEntries, type ListEntry, type NewMethod, type RecipeId } from '../../src/embedded-core/users/accounts.js'
import { markActive } from '../../src/embedded-core/users/activity.js'
import { link, makePrimary } from '../../src/embedded-core/users/linking.js'
import { openStorage, type Storage } from '../../src/embedded-core/storage/storage.js'
import { countPersons, searchUsers, userPage, type Order } from '../../src/embedded-core/users/lists.js'

const RECIPES: RecipeId[] = ['emailpassword', 'thirdparty', 'passwordless']
const TENANTS = ['a', 'public', 'z']

function open (): Storage {
  const db = openStorage(':memory:')
  t.teardown(() => db.close())
  return db
}

function methodOf (index: number, timeJoined: number): NewMethod {
  const recipe = RECIPES[index % 3] as RecipeId
  return {
    recipe,
    timeJoined,
    ...(recipe !== 'passwordless' && { email: `user-${index}@${index % 5 === 0 ? 'five' : 'other'}.example` }),
    ...(recipe === 'passwordless' && { phone: `+1${index}` }),
    ...(recipe === 'thirdparty' && { provider: index % 2 === 0 ? 'google' : 'github', providerUserId: `${index}` })
  }
}

/** Users of every recipe in one tenant, in two or in three; many joined in the same millisecond, some are linked, some left all tenants. */
function fill (db: Storage, count: number): void {
  db.transaction(() => {
    const ids: string[] = []
    for (let index = 0; index < count; index++) {
      const userId = createMethod(db, TENANTS.slice(0, 1 + index % 7 % 3), methodOf(index, 1000 + (index * 7919) % 997))
      ids.push(userId)
      if (index % 11 === 0) makePrimary(db, userId)
      if (index % 11 > 0 && index % 11 < 4 && index % 2 === 0) link(db, userId, ids[index - index % 11] as string)
      if (index % 4 === 0) markActive(db, userId, index)
      if (index % 13 === 0) db.run('DELETE FROM user_tenants WHERE user_id = ?', userId)
      if (index % 17 === 0) db.run('DELETE FROM users WHERE user_id = ?', userId)
      if (index % 19 === 0) addToTenant(db, userId, 'z')
    }
  })
}

const among = (recipes: RecipeId[]) => `recipe IN (${recipes.map((recipe) => `'${recipe}'`).join()})`
const plain = (entries: ListEntry[]) => entries.map((entry) => `${entry.primary_time} ${entry.primary_id}`)

t.test('pages, counts and searches are those that reading everything would give', async (t) => {
  const db = open()
  fill(db, 7000)
  for (const recipes of [RECIPES, ['thirdparty'], ['passwordless', 'emailpassword']] satisfies RecipeId[][]) {
    t.equal(await countPersons(db, undefined, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants WHERE ${among(recipes)}`)?.n)
    for (const tenantId of TENANTS) {
      t.equal(await countPersons(db, tenantId, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants WHERE tenant_id = ? AND ${among(recipes)}`, tenantId)?.n)
      for (const order of ['ASC', 'DESC'] satisfies Order[]) {
        const all = plain(db.all<ListEntry>(`SELECT DISTINCT primary_id, primary_time FROM user_tenants WHERE tenant_id = ? AND ${among(recipes)}
          ORDER BY primary_time ${order}, primary_id ${order}`, tenantId))
        const walked: string[] = []
        for (let from: ListEntry | undefined, page: ListEntry[] = []; walked.length === 0 || from !== undefined;) {
          page = userPage(db, { tenantId, recipes, order, from, limit: 301 })
          from = page[300]
          walked.push(...plain(page.slice(0, 300)))
        }
        t.strictSame(walked, all, `${tenantId} ${recipes.join()} ${order}`)
      }
    }
  }
  for (const [search, condition] of [
    [{ email: ['five.'], phone: [], provider: [] }, 'u.email LIKE \'%@five.%\''],
    [{ email: ['user-69'], phone: [], provider: [] }, 'u.email LIKE \'user-69%\''],
    [{ email: [], phone: ['+169'], provider: [] }, 'u.phone LIKE \'+169%\''],
    [{ email: ['user-6'], phone: [], provider: ['goo', 'x'] }, 'u.email LIKE \'user-6%\' AND u.provider LIKE \'goo%\''],
    [{ email: ['user'], phone: ['+1'], provider: [] }, '0']
  ] as const) {
    for (const order of ['ASC', 'DESC'] satisfies Order[]) {
      const expected = db.all<ListEntry>(`SELECT DISTINCT t.primary_id, t.primary_time FROM user_tenants t JOIN users u ON u.user_id = t.user_id
        WHERE t.tenant_id = 'a' AND ${condition} ORDER BY t.primary_time ${order}, t.primary_id DESC LIMIT 1000`)
      const { email, phone, provider } = search
      t.strictSame(plain(await searchUsers(db, 'a', { email: [...email], phone: [...phone], provider: [...provider] }, order)), plain(expected), `${condition} ${order}`)
    }
  }
})

t.test('a page loads the users that looking for each of them would find, in order', async (t) => {
  const db = open()
  fill(db, 400)
  const entries = userPage(db, { tenantId: 'a', recipes: [], order: 'DESC', from: undefined, limit: 400 })
  t.ok(entries.length > 200)
  t.strictSame(loadEntries(db, entries), entries.map((entry) => findUser(db, entry.primary_id)))
})

t.test('a page takes no more statements the longer it is', async (t) => {
  const db = open()
  fill(db, 400)
  const statementsFor = (limit: number) => {
    let statements = 0
    const counting: Storage = { ...db, all: (...query) => { statements++; return db.all(...query) }, get: (...query) => { statements++; return db.get(...query) } }
    loadEntries(counting, userPage(counting, { tenantId: 'a', recipes: [], order: 'ASC', from: undefined, limit }))
    return statements
  }
  t.equal(statementsFor(300), statementsFor(30))
})

t.test('a count and a search of many let others go between', async (t) => {
  const db = open()
  fill(db, 7000)
  for (const long of [() => countPersons(db, undefined, []), () => countPersons(db, 'a', []), () => searchUsers(db, 'a', { email: ['none'], phone: [], provider: [] }, 'ASC')]) {
    let turns = 0
    const turn = () => { turns++; immediate = setImmediate(turn) }
    let immediate = setImmediate(turn)
    await long()
    clearImmediate(immediate)
    t.ok(turns > 0)
  }
})
