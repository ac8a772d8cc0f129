import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { pino } from 'pino'
import t from 'tap'
import { backupFile, restoreBackup, type CoreEvent } from '../../../src/embedded-core/index.js'
import { socketOf } from '../../../src/embedded-core/backup/socket.js'
import { openStorage } from '../../../src/embedded-core/storage/storage.js'
import { openCore } from '../client.js'
import { newFile } from '../damage.js'
import { beside, populated, signInStatus } from './stage.js'

t.test('the file still has one owner after a backup: no other process can open it', async (t) => {
  const { core, file } = await populated(t)
  await core.backup(join(dirname(file), 'a.backup'))
  const child = fork(new URL('../owner.js', import.meta.url), [file], { stdio: 'pipe' })
  const said = await child.stderr!.toArray() as Buffer[]
  t.match(Buffer.concat(said).toString(), /CORE_FILE_IN_USE/)
})

t.test('while a file is copied nothing is moved into it, and afterwards again, also after a copy that failed', async (t) => {
  const file = newFile(t)
  const db = openStorage(file)
  const limit = () => db.get('PRAGMA wal_autocheckpoint')?.wal_autocheckpoint
  const usual = limit()
  const copying = db.copyTo(`${file}.copy`)
  db.run('INSERT INTO roles (role) VALUES (\'late\')')
  t.equal(limit(), 0)
  await copying
  t.equal(limit(), usual)
  await t.rejects(db.copyTo(`${file}.copy`), { code: 'EEXIST' })
  t.equal(limit(), usual)
  db.close()
  const copy = openStorage(`${file}.copy`)
  t.strictSame(copy.all('SELECT role FROM roles'), [])
  copy.close()
})

t.test('another process of the same user gets a backup by a socket, which nobody else may use', async (t) => {
  const events: CoreEvent[] = []
  const { core, file } = await populated(t, { backupSocket: true, onEvent: (event) => { events.push(event) } })
  t.equal(statSync(socketOf(file)).mode & 0o777, 0o600)
  const path = join(dirname(file), 'a.backup')
  t.match(await backupFile(file, path), { users: 2, apps: 2 })
  t.strictSame(events, [{ type: 'backup-made', asked: 'socket' }])
  await t.rejects(backupFile(file, path), { code: 'CORE_BACKUP_EXISTS' })

  // A client that goes away in the middle does not hold up the next.
  const asked = request({ socketPath: socketOf(file) }).end()
  const [response] = await once(asked, 'response') as [NodeJS.ReadableStream]
  await once(response, 'data')
  asked.destroy()
  const early = request({ socketPath: socketOf(file) }).on('error', () => {}).end()
  await once(early, 'finish')
  early.destroy()
  await Promise.all([backupFile(file, path, { force: true }), core.backup(`${path}-2`)])
  t.match(events.filter(({ type }) => type === 'backup-failed').at(-1), { asked: 'socket', code: String }, 'and is one that failed')
  const other = newFile(t)
  await restoreBackup(other, path)
  t.equal(await signInStatus(await openCore(t, { file: other })), 'OK')

  await core.close()
  t.strictSame(beside(file), ['a.backup', 'a.backup-2', 'core.db', 'core.db-app-b'])
})

t.test('a socket or a copy that a killed process left is no obstacle, and one that cannot be opened only means a warning', async (t) => {
  const { core, file } = await populated(t)
  await core.close()
  mkdirSync(`${file}-being-backed-up`)
  writeFileSync(join(`${file}-being-backed-up`, 'public.sqlite'), 'half')
  writeFileSync(`${file}-backup.sock`, '')
  const again = await openCore(t, { file, backupSocket: true })
  t.notOk(existsSync(`${file}-being-backed-up`))
  await backupFile(file, join(dirname(file), 'a.backup'))
  await again.core.close()

  const deep = join(dirname(file), 'x'.repeat(120))
  mkdirSync(deep)
  const lines: string[] = []
  const far = await openCore(t, { file: join(deep, 'core.db'), backupSocket: true, logger: pino({ level: 'warn' }, { write: (line: string) => { lines.push(line) } }) })
  t.match(lines.join(), /socket cannot be opened/)
  await t.rejects(backupFile(join(deep, 'core.db'), join(deep, 'a.backup')), { code: 'CORE_BACKUP_FAILED', message: /shorter/ })
  t.strictSame(readdirSync(dirname(deep)).filter((name) => name.startsWith('x')), [basename(deep)], 'nor under a name that was cut off')
  const without = await populated(t)
  await t.rejects(backupFile(without.file, `${file}.backup`), { code: 'CORE_FILE_IN_USE' })
  await far.core.backup(join(deep, 'b.backup'))
})

t.test('a Core that is closed ends its backups, and leaves none that is half done', async (t) => {
  const { core, file } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  const refused = t.rejects(core.backup(path), { code: 'CORE_BACKUP_FAILED', message: /closed/ })
  await core.close()
  await refused
  await t.rejects(core.backup(path), { code: 'CORE_BACKUP_FAILED' })
  t.strictSame(beside(file), ['core.db', 'core.db-app-b'])
  const memory = await openCore(t)
  await t.rejects(memory.core.backup(path), { code: 'CORE_BACKUP_FAILED', message: /memory/ })
})

t.test('an app that comes or goes meanwhile does not make it half a backup', async (t) => {
  const { core, file, put, post } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  const running = core.backup(path)
  await Promise.all([put('/recipe/multitenancy/app/v2', { appId: 'c' }), post('/recipe/multitenancy/app/remove', { appId: 'b' })])
  await running
  const other = newFile(t)
  await restoreBackup(other, path)
  const { get } = await openCore(t, { file: other })
  t.strictSame((await get<{ apps: Array<{ appId: string }> }>('/recipe/multitenancy/app/list/v2')).body.apps.map(({ appId }) => appId).sort().length, readdirSync(dirname(other)).filter((name) => !name.includes('-wal')).length)
})

t.test('a disk that is full, or a limit of the system, leaves the old backup and no other', async (t) => {
  const { core, file } = await populated(t, { backupSocket: true })
  const path = join(dirname(file), 'a.backup')
  await core.backup(path)
  const before = readFileSync(path)
  const code = `import { backupFile } from ${JSON.stringify(new URL('../../../src/embedded-core/index.js', import.meta.url).href)}
    process.on('SIGXFSZ', () => {})
    await backupFile(${JSON.stringify(file)}, ${JSON.stringify(path)}, { force: true }).then(() => console.log('done'), (error) => console.log(error.code, error.message))`
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -f 100; exec "$0" --input-type=module -e "$1"', process.execPath, code], { env: { PATH: process.env.PATH } })
  t.match(stdout, /^CORE_BACKUP_FAILED .*EFBIG/)
  t.ok(readFileSync(path).equals(before))
  t.notMatch(beside(file).join(), /unfinished/)
})
