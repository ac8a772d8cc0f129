import { join } from 'node:path'
import t from 'tap'
import { findMethod, findUsersBy } from '../../src/embedded-core/accounts.js'
import { openStorage, type Storage } from '../../src/embedded-core/storage.js'

t.test('one account is looked up by its own index, however many the tenant has', (t) => {
  const storage = openStorage(join(t.testdir(), 'core.sqlite'))
  t.teardown(() => storage.close())
  const plans: string[] = []
  const explain = (sql: string, ...values: Parameters<Storage['get']>[1][]) => {
    plans.push(storage.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => detail).join('; '))
    return []
  }
  const explaining = { ...storage, all: explain, get: (...all: Parameters<typeof explain>) => { explain(...all) } } as Storage
  for (const info of [{ email: 'a' }, { phone: '+1' }, { provider: 'p', providerUserId: 'u' }]) {
    findMethod(explaining, 'emailpassword', 'public', info)
    findUsersBy(explaining, info, 'public')
    findUsersBy(explaining, info)
  }
  t.equal(plans.length, 9)
  for (const plan of plans) t.match(plan, /^SEARCH u USING INDEX users_(email|phone|provider) \(/)
  t.end()
})
