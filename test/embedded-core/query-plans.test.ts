import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findMethod, findUser, findUsersBy, loadEntries } from '../../src/embedded-core/users/accounts.js'
import { countActive } from '../../src/embedded-core/users/activity.js'
import { openStorage, type Storage } from '../../src/embedded-core/storage/storage.js'
import { countPersons, userPage } from '../../src/embedded-core/users/lists.js'
import { searchUsers } from '../../src/embedded-core/users/search.js'

/** Instead of answers it collects how SQLite would find them. */
function explaining (t: Test): { db: Storage, plans: string[] } {
  const storage = openStorage(join(t.testdir(), 'core.sqlite'))
  t.teardown(() => storage.close())
  const plans: string[] = []
  const explain = (sql: string, ...values: Parameters<Storage['get']>[1][]) => {
    plans.push(storage.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => detail).join('; '))
    return []
  }
  return { plans, db: { ...storage, all: explain, get: (...all: Parameters<typeof explain>) => { explain(...all); return {} } } as Storage }
}

t.test('one account is looked up by its own index, however many the tenant has', async (t) => {
  const { db, plans } = explaining(t)
  for (const info of [{ email: 'a' }, { phone: '+1' }, { provider: 'p', providerUserId: 'u' }]) {
    findMethod(db, 'emailpassword', 'public', info)
    findUsersBy(db, info, 'public')
    findUsersBy(db, info)
  }
  const lookups = plans.filter((plan) => !plan.startsWith('SCAN wanted'))
  t.equal(lookups.length, 9)
  for (const plan of lookups) t.match(plan, /^SEARCH u USING INDEX users_(email|phone|provider) \(/)
})

t.test('no user is loaded by reading a table, alone or a page at a time', async (t) => {
  const { db, plans } = explaining(t)
  findUser(db, 'id')
  loadEntries(db, [{ primary_id: 'id', primary_time: 1 }])
  t.match(plans, [
    /^SEARCH users USING INDEX sqlite_autoindex_users_1/,
    /^SCAN wanted .*SEARCH u USING INDEX users_primary \(primary_id=\?\)/,
    /^SCAN wanted .*SEARCH u USING INDEX users_alone \(time_joined=\? AND primary_id=\?\).*SEARCH t USING COVERING INDEX user_tenants_person \(primary_time=\? AND primary_id=\? AND user_id=\?\)/,
    /^SCAN wanted .*SEARCH u USING INDEX users_primary \(primary_id=\?\)/
  ])
  for (const plan of plans) t.notMatch(plan, /SCAN (?!wanted)/)
})

t.test('a page and a search that begins anywhere walk along an index and sort no more than one window of it', async (t) => {
  const { db, plans } = explaining(t)
  for (const order of ['ASC', 'DESC'] as const) userPage(db, { tenantId: 'public', recipes: ['passwordless'], order, from: undefined, limit: 10 })
  for (const plan of plans.splice(0)) {
    t.match(plan, /SEARCH user_tenants USING COVERING INDEX user_tenants_page \(tenant_id=\? AND recipe=\? AND \(primary_time,primary_id\)[<>]\(\?,\?\)\)/)
    t.notMatch(plan, /TEMP B-TREE FOR DISTINCT/)
  }
  await searchUsers(db, 'public', { email: ['%a'], phone: [], provider: [] }, 'DESC')
  t.match(plans.shift(), /person_counts/)
  for (const plan of plans.splice(0)) t.match(plan, /^(SCAN wanted VIRTUAL TABLE INDEX 1:; )?SEARCH (user_tenants|t) USING COVERING INDEX user_tenants_page \(tenant_id=\? AND recipe=\? AND primary_time>\? AND primary_time<\?\)/)
})

t.test('a beginning is looked up in an index of its own', async (t) => {
  const { db, plans } = explaining(t)
  const none = { ...db, get: (...query: Parameters<typeof db.get>) => { db.get(...query); return undefined } } as Storage
  for (const search of [{ email: ['a'] }, { phone: ['+1'] }, { provider: ['g'] }]) await searchUsers(none, 'public', { email: [], phone: [], provider: [], ...search }, 'ASC')
  t.strictSame([...new Set(plans)], [
    'SEARCH person_counts USING PRIMARY KEY (tenant_id=?)',
    'SEARCH users USING COVERING INDEX users_email (email>? AND email<?)',
    'SEARCH users USING INDEX users_domain (<expr>>? AND <expr><?)',
    'SCAN users USING COVERING INDEX users_domains',
    'SEARCH users USING COVERING INDEX users_phone_search (phone>? AND phone<?)',
    'SEARCH users USING COVERING INDEX users_provider_search (provider>? AND provider<?)'
  ])
})

t.test('a count reads a few numbers that are kept, and the users of seconds at most', async (t) => {
  const { db, plans } = explaining(t)
  countPersons(db, 'public', [])
  countPersons(db, undefined, ['thirdparty'])
  for (const plan of plans.splice(0)) t.equal(plan, 'SEARCH person_counts USING PRIMARY KEY (tenant_id=?)')
  countActive(db, 1)
  t.match(plans, [/SEARCH active_users USING COVERING INDEX active_users_time \(last_active>\? AND last_active<\?\)/])
  t.match(plans, [/(SEARCH activity_counts USING PRIMARY KEY \(span=\? AND place>\? AND place<\?\).*){2}/])
  t.match(plans, [/SEARCH activity_counts USING PRIMARY KEY \(span=\? AND place>\?\)/])
})
