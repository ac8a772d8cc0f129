import { join } from 'node:path'
import t from 'tap'
import type { Storage } from '../../src/embedded-core/storage/storage.js'
import { Database } from './drivers.js'
import { loadScenarios, newVars, replay } from './replay.js'

const prepared = new Set<string>()

class Recording extends Database {
  override prepare (sql: string) {
    if (/^\s*(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(sql)) prepared.add(sql.replace(/\s+/g, ' ').trim())
    return super.prepare(sql)
  }
}

// The Core takes its driver from here.
const { getBuiltinModule } = process
process.getBuiltinModule = ((name: string) => name === 'node:sqlite' ? { DatabaseSync: Recording } : getBuiltinModule(name)) as typeof getBuiltinModule
const { openStorage } = await import('../../src/embedded-core/storage/storage.js')
const { createEmbeddedCore, exportUsers } = await import('../../src/embedded-core/index.js')
const { sweep } = await import('../../src/embedded-core/storage/housekeeping.js')
const { openApps } = await import('../../src/embedded-core/tenants/apps.js')
const { searchUsers } = await import('../../src/embedded-core/users/search.js')

let time = Date.now()
const now = () => time
const wait = (ms: number) => { time += ms }
const base = { bcrypt_log_rounds: 4, api_keys: 'key-of-the-recorded-calls' }

const UNRECORDED = ['/users/count/active?since=0', '/bulk-import/users', '/bulk-import/users?status=FAILED', '/bulk-import/users/count?status=NEW']

/** Everything that a Core does: the recorded exchanges reach nearly all endpoints. */
async function doEverything (): Promise<void> {
  const shared = await createEmbeddedCore({ config: base, now, port: false })
  t.teardown(() => shared.close())
  for (const scenario of loadScenarios()) {
    const core = scenario.core === undefined && scenario.freshApp !== true ? shared : await createEmbeddedCore({ config: { ...base, ...scenario.core }, now, port: false })
    const stage = { base: core.connectionURI, fetch: core.fetch, apiKey: core.apiKey, now, wait }
    const vars = newVars()
    for (const step of scenario.steps) await replay(step, vars, stage)
    if (core !== shared) await core.close()
  }
  for (const path of UNRECORDED) t.equal((await shared.fetch(shared.connectionURI + path, { headers: { 'api-key': base.api_keys } })).status, 200, path)

  const file = join(t.testdir(), 'core.sqlite')
  const apps = openApps({ file, config: base, now, onError: () => {} })
  const [app] = apps.list()
  await app?.keys.publicKeys()
  sweep(app!)
  for (const tags of [['a'], ['%a']]) {
    await searchUsers(app!.db, 'public', { email: tags, phone: tags, provider: tags }, 'ASC')
    await searchUsers(app!.db, 'public', { email: tags, phone: [], provider: tags }, 'DESC')
  }
  apps.close()
  exportUsers(file, () => {})
  const sealed = await createEmbeddedCore({ file, config: base, now, port: false, secretKey: 'a secret key of thirty-two characters', encryption: 'all' })
  for (const query of ['email=a', 'phone=a', 'provider=a', 'email=%25a']) await sealed.fetch(`${sealed.connectionURI}/users?${query}`, { headers: { 'api-key': base.api_keys } })
  await sealed.close()
}

/** Tables with a row for each app, tenant, role or key, and lists that come with the statement. */
const FEW = ['apps', 'tenants', 'keys', 'roles', 'role_permissions', 'bulk_import_counts', 'json_each', 'CONSTANT', '(subquery-', '(join-']

/** Statements that read whole tables, or everything of a tenant, with why. */
const ALLOWED: Array<[statement: RegExp, why: string]> = [
  [/^DELETE FROM \w+ WHERE tenant_id = \?( AND tenant_id <> 'public')?$/, 'a tenant is removed: what it has goes, and nothing else is read'],
  [/FROM person_counts WHERE tenant_id = \?/, 'a tenant has seven rows there at most, one for each set of recipes'],
  [/FROM bulk_import INDEXED BY bulk_import_next WHERE status = 'NEW' ORDER BY rowid LIMIT 1$/, 'the first row in the order of the index'],
  [/FROM users WHERE instr\(substr\(email, instr\(email, '@'\) \+ 1\), '@'\) > 0/, 'the index has emails with several @ only, and they are read if there are few'],
  [/^SELECT (?:\w+|tenant_id, device_hash), \* FROM \w+ (?:WHERE \([\w, ]+\) > \([?, ]+\) )?ORDER BY [\w, ]+ LIMIT 1000$/, 'a start that encrypts the file, or does so with another key'],
  [/^SELECT DISTINCT user_id FROM verified_emails/, 'as before'],
  [/^SELECT (?:count\(.*\) AS count|user_id, external_id, info) FROM \w+( WHERE (info IS NOT NULL|user_id <> primary_id))?$/, 'an export, which reads everything of a file that no Core uses']
]

await doEverything()
const statements = [...prepared]
const db = openStorage(':memory:')
t.teardown(() => db.close())

/** How a statement finds rows of growing tables, if it walks through a table or through all rows of a tenant. */
function walksOf (db: Storage, sql: string): string[] {
  const aliases = new Map([...sql.matchAll(/(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)(?:\([^)]*\))?\s+(?:AS\s+)?([a-z]+)\b/g)].map(([, table, alias]) => [alias, table]))
  return db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail).filter((detail) => {
    const [, how, name = ''] = /^(SCAN|SEARCH) (\S+)/.exec(detail) ?? []
    if (how === undefined || FEW.some((one) => (aliases.get(name) ?? name).startsWith(one))) return false
    return how === 'SCAN' || /\((?:tenant_id=\?|recipe=\?|status=\?|kind=\?|span=\?| AND )+\)$/.test(detail)
  })
}

t.test('no statement of a running Core reads more, the more users there are', async (t) => {
  t.ok(statements.length > 140, `${statements.length} statements were prepared`)
  const tables = db.all<{ name: string }>('SELECT name FROM sqlite_schema WHERE type = \'table\' AND name NOT LIKE \'sqlite_%\'')
  for (const { name } of tables) t.ok(statements.some((sql) => sql.includes(name)), `${name} is used`)
  for (const sql of statements) {
    if (!ALLOWED.some(([statement]) => statement.test(sql))) t.strictSame(walksOf(db, sql), [], sql)
  }
  for (const [statement, why] of ALLOWED) t.ok(statements.some((sql) => statement.test(sql) && walksOf(db, sql).length > 0), `is needed: ${why}`)
})

t.test('a statement that walks through a table is found out', async (t) => {
  t.strictSame(walksOf(db, 'SELECT 1 FROM users u WHERE u.time_joined = 1'), ['SCAN u'])
  t.match(walksOf(db, 'SELECT 1 FROM users u CROSS JOIN user_tenants t ON t.tenant_id = \'public\' WHERE u.user_id = \'a\''), [/^SEARCH t USING COVERING INDEX user_tenants_page \(tenant_id=\?\)$/])
  t.strictSame(walksOf(db, 'SELECT 1 FROM users WHERE user_id = \'a\''), [])
})
