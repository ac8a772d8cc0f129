import { existsSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openApps, type App } from '../../src/embedded-core/tenants/apps.js'
import { startHousekeeping, sweep } from '../../src/embedded-core/storage/housekeeping.js'
import { createMethod } from '../../src/embedded-core/users/accounts.js'
import { deleteUser } from '../../src/embedded-core/users/deletion.js'
import { mergeMetadata } from '../../src/embedded-core/users/metadata.js'
import { damage, newFile } from './damage.js'

const DAY = 86_400_000

function fill ({ db }: App, count: number): void {
  db.transaction(() => {
    for (let index = 0; index < count; index++) {
      db.run('INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES (?, \'public\', \'u\', \'\', \'{}\', \'{}\', 0, 0, 1)', `h${index}`)
    }
    db.run('INSERT INTO devices (tenant_id, device_hash, email, salt) VALUES (\'public\', \'old\', \'a\', \'\'), (\'public\', \'new\', \'a\', \'\')')
    db.run('INSERT INTO codes (code_id, tenant_id, device_hash, link_code_hash, created_at) VALUES (\'1\', \'public\', \'old\', \'a\', 1), (\'2\', \'public\', \'new\', \'b\', 1), (\'3\', \'public\', \'new\', \'c\', ?)', 400 * DAY)
    db.run('INSERT INTO keys (kid, kind, created_at, secret) VALUES (\'d-1\', \'dynamic\', 1, \'\'), (\'s-1\', \'other\', 1, \'\')')
  })
}

const count = ({ db }: App, table: string) => db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n

t.test('what has expired goes, in batches; what has not stays', async (t) => {
  const apps = openApps({ file: ':memory:', config: {}, now: () => 400 * DAY, onError: () => {} })
  t.teardown(() => apps.close())
  const app = apps.get('public') as App
  fill(app, 250)
  t.ok(sweep(app), 'there may be more')
  t.equal(count(app, 'sessions'), 50)
  t.notOk(sweep(app))
  t.equal(count(app, 'sessions'), 0)
  t.strictSame(app.db.all('SELECT device_hash FROM devices').map((row) => ({ ...row })), [{ device_hash: 'new' }], 'a device with a code that still works keeps its count')
  t.equal(app.db.get('SELECT 1 FROM keys WHERE kid = \'d-1\''), undefined)
  t.ok(app.db.get('SELECT 1 FROM keys WHERE kid = \'s-1\''))
})

t.test('it runs by itself, again soon while there is more, and survives what goes wrong', async (t) => {
  const errors: unknown[] = []
  const apps = openApps({ file: ':memory:', config: {}, now: () => 400 * DAY, onError: () => {} })
  const app = apps.get('public') as App
  fill(app, 250)
  const housekeeping = startHousekeeping(apps, (error) => { errors.push(error) }, { every: 20, soon: 1 })
  while (count(app, 'sessions') !== 0) await sleep(5)
  apps.close()
  while (errors.length < 2) await sleep(5)
  housekeeping.stop()
  t.match(errors[0], { message: /not open|closed/ })
})

t.test('nothing of somebody who was deleted can be read in the file any more, and soon not in its log', async (t) => {
  const file = newFile(t)
  const apps = openApps({ file, config: {}, now: () => 400 * DAY, onError: (error) => { throw error } })
  const { db } = apps.get('public') as App
  const ids = ['kept', ...Array.from({ length: 100 }, (_, index) => `deleted-${index}`)].map((name) => {
    const id = createMethod(db, ['public'], { recipe: 'emailpassword', timeJoined: 1, email: `${name}@example.com`, passwordHash: `hash of ${name}` })
    // Long enough to have pages of its own.
    mergeMetadata(db, id, { note: `metadata of ${name} `.repeat(1000) })
    return id
  })
  db.cutLog()
  const bytes = () => ['', '-wal'].map((suffix) => existsSync(file + suffix) ? readFileSync(file + suffix).toString('latin1') : '').join()
  t.match(bytes(), /deleted-50@example\.com.*metadata of deleted-50/s)
  for (const id of ids.slice(1)) db.transaction(() => { deleteUser(db, id, true) })
  t.match(bytes(), /deleted-50/)

  const housekeeping = startHousekeeping(apps, (error) => { throw error }, { emptied: 5 })
  while (statSync(`${file}-wal`).size > 0) await sleep(5)
  housekeeping.stop()
  t.notMatch(bytes(), /deleted-\d/)
  t.match(bytes(), /kept@example\.com/)

  const copying = db.copyTo(`${file}.copy`)
  createMethod(db, ['public'], { recipe: 'emailpassword', timeJoined: 1, email: 'later@example.com' })
  db.cutLog()
  t.ok(statSync(`${file}-wal`).size > 0, 'a copy needs the file as it is')
  await copying
  t.notMatch(readFileSync(`${file}.copy`).toString('latin1'), /later@/)
  apps.close()
  t.strictSame([...damage(file), ...damage(`${file}.copy`)], [])
})
