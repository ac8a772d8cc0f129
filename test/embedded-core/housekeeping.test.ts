import t from 'tap'
import { openApps, type App } from '../../src/embedded-core/apps.js'
import { startHousekeeping, sweep } from '../../src/embedded-core/housekeeping.js'

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
  const clock = t.intercept(globalThis, 'setTimeout', { configurable: true, value: fakeTimeout })
  t.teardown(() => clock())
  const timers: Array<{ run: () => void, delay: number }> = []
  function fakeTimeout (run: () => void, delay: number) {
    timers.push({ run, delay })
    return { unref: () => undefined }
  }
  const next = () => timers.shift() as { run: () => void, delay: number }

  const errors: unknown[] = []
  const apps = openApps({ file: ':memory:', config: {}, now: () => 400 * DAY, onError: () => {} })
  const housekeeping = startHousekeeping(apps, (error) => { errors.push(error) })
  const app = apps.get('public') as App
  fill(app, 250)
  const first = next()
  t.equal(first.delay, 60_000)
  first.run()
  const second = next()
  t.equal(second.delay, 50, 'more is left')
  second.run()
  t.equal(count(app, 'sessions'), 0)
  apps.close()
  const third = next()
  t.equal(third.delay, 60_000)
  third.run()
  t.equal(errors.length, 1)
  housekeeping.stop()
})
