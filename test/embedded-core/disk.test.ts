import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { openApps } from '../../src/embedded-core/tenants/apps.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { watchDisk } from '../../src/embedded-core/storage/disk-trouble.js'
import { damage, newFile } from './damage.js'
import { PASSWORD } from './durability-load.js'

t.test('a full disk fails what cannot be kept and nothing else; with room again it goes on', async (t) => {
  const file = newFile(t)
  const lines: string[] = []
  const apps = openApps({ file, config: { bcrypt_log_rounds: 4 }, now: Date.now, onError: () => {} })
  const server = buildServer(apps, [], pino({}, { write: (line: string) => { lines.push(line) } }))
  const db = apps.get('public')?.db
  const signUp = (index: number) => server.inject({ method: 'POST', url: '/recipe/signup', payload: JSON.stringify({ email: `${index}@example.com`, password: PASSWORD }) })
  const signIn = async (index: number) => (await server.inject({ method: 'POST', url: '/recipe/signin', payload: JSON.stringify({ email: `${index}@example.com`, password: PASSWORD }) })).json<{ status: string }>().status
  await signUp(0)
  const pages = db?.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  db?.all(`PRAGMA max_page_count = ${pages + 2}`)
  const acknowledged = [0]
  const refused: number[] = []
  for (let index = 1; refused.length < 10; index += 5) {
    const replies = await Promise.all([0, 1, 2, 3, 4].map(async (offset) => ({ index: index + offset, reply: await signUp(index + offset) })))
    for (const { index, reply } of replies) {
      (reply.statusCode === 200 ? acknowledged : refused).push(index)
      if (reply.statusCode !== 200) t.strictSame([reply.statusCode, reply.body], [503, 'The storage is full\n'], 'told what it is, and no more')
    }
  }
  const logged = () => lines.map((line) => JSON.parse(line) as { level: number, err: { code: string, file: string } }).map(({ level, err }) => ({ level, code: err.code, file: err.file }))
  t.strictSame(logged(), [{ level: 50, code: 'CORE_DISK_FULL', file }], 'the log says which file, and says it once')
  t.match(lines[0], 'database or disk is full')
  for (const index of acknowledged) t.equal(await signIn(index), 'OK', 'who is in can still sign in')
  for (const index of refused) t.equal(await signIn(index), 'WRONG_CREDENTIALS_ERROR', 'who was refused is not there, not even in part')

  db?.all('PRAGMA max_page_count = 100000')
  t.equal(logged().length, 1, 'that others read meanwhile makes it no news')
  t.equal(db?.isWritable(), true, 'which is found out without a request')
  for (const index of refused) t.equal((await signUp(index)).json<{ status: string }>().status, 'OK')

  db?.all(`PRAGMA max_page_count = ${db.get<{ page_count: number }>('PRAGMA page_count')?.page_count}`)
  for (let index = 1_000_000, status = 200; status === 200; index++) status = (await signUp(index)).statusCode
  t.equal(logged().length, 2, 'when it is full again the log says so again')
  await server.close()
  apps.close()
  t.strictSame(damage(file), [])
})

t.test('a file that can no longer be written says so, and is written again as soon as it can', async (t) => {
  const file = newFile(t)
  const lines: string[] = []
  const apps = openApps({ file, config: { bcrypt_log_rounds: 4 }, now: Date.now, onError: () => {} })
  const server = buildServer(apps, [], pino({}, { write: (line: string) => { lines.push(line) } }))
  const db = apps.get('public')?.db
  const write = async () => {
    const { statusCode, body } = await server.inject({ method: 'PUT', url: '/recipe/role', payload: '{"role":"r"}' })
    return [statusCode, body]
  }
  // Its first keys are written in the background.
  await apps.get('public')?.keys.publicKeys()
  db?.all('PRAGMA query_only = ON')
  for (let turn = 0; turn < 3; turn++) t.strictSame(await write(), [503, 'The storage is read-only\n'])
  t.equal(lines.length, 1)
  t.match(lines[0], '"code":"CORE_FILE_READ_ONLY"')
  t.equal((await server.inject('/recipe/roles')).statusCode, 200, 'what only reads is answered')
  t.equal(db?.isWritable(), false)
  db?.all('PRAGMA query_only = OFF')
  t.equal(db?.isWritable(), true, 'which is found out without a request')
  t.strictSame(await write(), [200, '{"status":"OK","createdNewRole":true}\n'])
  await server.close()
  apps.close()
})

t.test('a disk that refuses to read or write is told apart from a request that fails', (t) => {
  const disk = watchDisk('core.db')
  const fail = (errcode: number) => () => { throw Object.assign(new Error('of SQLite'), { errcode }) }
  const SQLITE_IOERR_WRITE = 778
  t.throws(() => disk.around(fail(SQLITE_IOERR_WRITE)), { code: 'CORE_DISK_FAILING', statusCode: 503, isNew: true, cause: { message: 'of SQLite' } })
  t.throws(() => disk.around(fail(SQLITE_IOERR_WRITE)), { code: 'CORE_DISK_FAILING', isNew: false })
  t.throws(() => disk.around(fail(13)), { code: 'CORE_DISK_FULL', isNew: true }, 'another trouble is news')
  disk.written()
  t.throws(() => disk.around(fail(13)), { code: 'CORE_DISK_FULL', isNew: true })
  const SQLITE_CONSTRAINT = 19
  t.throws(() => disk.around(fail(SQLITE_CONSTRAINT)), { message: 'of SQLite', errcode: SQLITE_CONSTRAINT })
  t.end()
})

t.test('a file that may only be read is refused at start, and left as it is', { skip: process.getuid === undefined }, async (t) => {
  const file = newFile(t)
  openStorage(file).close()
  chmodSync(file, 0o444)
  const root = process.getuid?.() === 0
  // Nobody forbids anything to root: another user has to try.
  if (root) chownSync(join(file, '..'), 65534, 65534)
  const child = fork(new URL('./owner.js', import.meta.url), [file], { silent: true, ...(root && { uid: 65534, gid: 65534 }) })
  t.teardown(() => { child.kill('SIGKILL') })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => { said += chunk.toString() })
  await once(child, 'close')
  t.match(said, /CORE_FILE_UNUSABLE|readonly/)
  t.strictSame(damage(file), [])
})
