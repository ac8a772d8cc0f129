import t from 'tap'
import { addToTenant, createMethod, findUser, loadEntries, type ListEntry, type NewMethod, type RecipeId } from '../../src/embedded-core/users/accounts.js'
import { countActive, markActive } from '../../src/embedded-core/users/activity.js'
import { deleteUser } from '../../src/embedded-core/users/deletion.js'
import { link, makePrimary, unlink } from '../../src/embedded-core/users/linking.js'
import { openText, sealingKey, sealText } from '../../src/embedded-core/storage/key-ring.js'
import { sealedPersonal, unsealed } from '../../src/embedded-core/storage/personal.js'
import { rewrite } from '../../src/embedded-core/storage/rewriting.js'
import { openStorage, type Storage } from '../../src/embedded-core/storage/storage.js'
import { countPersons, userPage, type Order } from '../../src/embedded-core/users/lists.js'
import { searchUsers } from '../../src/embedded-core/users/search.js'

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
    ...(recipe !== 'passwordless' && { email: `user-${index}@${index % 5 === 0 ? 'five' : 'other'}.example${index % 50 === 1 ? '@second.example' : ''}` }),
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
    t.equal(countPersons(db, undefined, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants WHERE ${among(recipes)}`)?.n)
    for (const tenantId of TENANTS) {
      t.equal(countPersons(db, tenantId, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants WHERE tenant_id = ? AND ${among(recipes)}`, tenantId)?.n)
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
  const searches = ([
    [{ email: ['five.'], phone: [], provider: [] }, 'u.email LIKE \'%@five.%\''],
    [{ email: ['user-69'], phone: [], provider: [] }, 'u.email LIKE \'user-69%\''],
    [{ email: [], phone: ['+169'], provider: [] }, 'u.phone LIKE \'+169%\''],
    [{ email: ['user-6'], phone: [], provider: ['goo', 'x'] }, 'u.email LIKE \'user-6%\' AND u.provider LIKE \'goo%\''],
    [{ email: ['user'], phone: ['+1'], provider: [] }, '0'],
    [{ email: ['_ser-6'], phone: [], provider: [] }, 'u.email LIKE \'_ser-6%\''],
    [{ email: ['use_-6%9@'], phone: [], provider: [] }, 'u.email LIKE \'use_-6%9@%\''],
    [{ email: ['second.exam'], phone: [], provider: [] }, 'u.email LIKE \'%@second.exam%\''],
    [{ email: [], phone: ['%169'], provider: [] }, 'u.phone LIKE \'%169%\''],
    [{ email: [], phone: [], provider: ['%hub'] }, 'u.provider LIKE \'%hub%\''],
    [{ email: [], phone: [], provider: ['GIT'] }, 'u.provider LIKE \'git%\''],
    [{ email: ['%user'], phone: ['%'], provider: ['%'] }, '0']
  ] as const).flatMap(([{ email, phone, provider }, condition]) => (['ASC', 'DESC'] satisfies Order[]).map((order) => {
    const expected = plain(db.all<ListEntry>(`SELECT DISTINCT t.primary_id, t.primary_time FROM user_tenants t JOIN users u ON u.user_id = t.user_id
        WHERE t.tenant_id = 'a' AND ${condition} ORDER BY t.primary_time ${order}, t.primary_id DESC LIMIT 1000`))
    return { search: { email: [...email], phone: [...phone], provider: [...provider] }, order, expected, name: `${condition} ${order}` }
  }))
  for (const { search, order, expected, name } of searches) t.strictSame(plain(await searchUsers(db, 'a', search, order)), expected, name)

  const key = sealingKey(Buffer.alloc(32, 1), 'k')
  const sealing = { seal: (text: string, owner: string) => sealText(key, text, owner), open: (text: string, owner: string) => openText([key], text, owner) as string }
  const [vault, personal] = [unsealed, sealedPersonal(sealing, key, ':memory:')]
  db.transaction(() => { rewrite(db, { vault, personal: unsealed }, { vault, personal }) })
  t.strictSame(plain(db.all<ListEntry>('SELECT 1 FROM users WHERE email LIKE \'%@%\'')), [], 'encrypted')
  for (const { search, order, expected, name } of searches) t.strictSame(plain(await searchUsers({ ...db, personal }, 'a', search, order)), expected, `${name}, encrypted`)
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

t.test('a search of many lets others go between', async (t) => {
  const db = open()
  fill(db, 7000)
  for (const long of [() => searchUsers(db, 'a', { email: ['user'], phone: [], provider: [] }, 'ASC'), () => searchUsers(db, 'a', { email: ['%none'], phone: [], provider: [] }, 'ASC')]) {
    let turns = 0
    const turn = () => { turns++; immediate = setImmediate(turn) }
    let immediate = setImmediate(turn)
    await long()
    clearImmediate(immediate)
    t.ok(turns > 0)
  }
})

t.test('a beginning that very many have is not looked up one by one', async (t) => {
  const db = open()
  db.transaction(() => { for (let index = 0; index < 3000; index++) createMethod(db, ['public'], methodOf(3 * index, index)) })
  let statements = 0
  const counting: Storage = { ...db, all: (...query) => { statements++; return db.all(...query) } }
  const found = await searchUsers(counting, 'public', { email: ['user-'], phone: [], provider: [] }, 'ASC')
  t.strictSame(found.map((entry) => entry.primary_time), Array.from({ length: 1000 }, (_, index) => index))
  t.equal(statements, 2)
})

t.test('persons are counted as they come, are linked, unlinked, moved and go', async (t) => {
  const db = open()
  fill(db, 2000)
  const expectTruth = (what: string) => {
    for (const recipes of [[], ['emailpassword'], ['thirdparty', 'passwordless']] satisfies RecipeId[][]) {
      for (const tenantId of [undefined, ...TENANTS]) {
        t.equal(countPersons(db, tenantId, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants
          WHERE ${among(recipes.length === 0 ? RECIPES : recipes)} AND (?1 IS NULL OR tenant_id = ?1)`, tenantId ?? null)?.n, `${what}, ${tenantId} ${recipes.join()}`)
      }
    }
  }
  expectTruth('filled')
  const linked = db.all<{ user_id: string, primary_id: string }>('SELECT user_id, primary_id FROM users WHERE user_id <> primary_id')
  t.ok(linked.length > 50)
  db.transaction(() => {
    for (const { user_id: userId, primary_id: primaryId } of linked.slice(0, 30)) {
      const user = findUser(db, primaryId)
      const method = user?.methods.find((one) => one.userId === userId)
      if (user !== undefined && method !== undefined) unlink(db, user, method)
    }
  })
  expectTruth('unlinked')
  for (const { user_id: userId } of linked.slice(20, 60)) db.transaction(() => deleteUser(db, userId, Number(userId[0]) % 2 === 0))
  expectTruth('deleted')
  db.run('DELETE FROM user_tenants WHERE tenant_id = \'a\'')
  expectTruth('a tenant is gone')
  t.equal(countPersons(db, 'a', []), 0)
  t.equal(db.get('SELECT 1 FROM person_counts WHERE persons < 0'), undefined)
})

t.test('active users are counted as they come, come again and go', async (t) => {
  const db = open()
  const start = 1_700_000_000_000
  let state = 1
  const random = (below: number) => { state = (state * 48_271) % 2_147_483_647; return state % below }
  const expectTruth = (since: number) => t.equal(countActive(db, since), db.get('SELECT count(*) AS n FROM active_users WHERE last_active >= ?', since)?.n)
  for (let round = 0; round < 6; round++) {
    for (let index = 0; index < 300; index++) markActive(db, `user-${random(400)}`, start + random(10 ** (5 + round % 5)))
    db.run('DELETE FROM active_users WHERE user_id LIKE ?', `user-${round}%`)
    for (const since of [0, start, start + 4096, Number.MAX_SAFE_INTEGER, ...Array.from({ length: 20 }, () => start + random(10 ** (4 + round)))]) expectTruth(since)
    for (const { at } of db.all<{ at: number }>('SELECT last_active AS at FROM active_users LIMIT 5')) for (const since of [at, at + 1]) expectTruth(since)
  }
  db.run('DELETE FROM active_users')
  t.strictSame(db.all('SELECT * FROM activity_counts'), [], 'and leave nothing behind')
})
