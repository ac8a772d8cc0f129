import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { openApps } from '../../src/embedded-core/apps.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openStorage } from '../../src/embedded-core/storage.js'
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
      if (reply.statusCode !== 200) t.strictSame([reply.statusCode, reply.body], [500, 'Internal Error\n'])
    }
  }
  t.ok(lines.some((line) => line.includes('database or disk is full')), 'the log says why')
  for (const index of acknowledged) t.equal(await signIn(index), 'OK', 'who is in can still sign in')
  for (const index of refused) t.equal(await signIn(index), 'WRONG_CREDENTIALS_ERROR', 'who was refused is not there, not even in part')

  db?.all('PRAGMA max_page_count = 100000')
  for (const index of refused) t.equal((await signUp(index)).json<{ status: string }>().status, 'OK')
  await server.close()
  apps.close()
  t.strictSame(damage(file), [])
})

t.test('a file that may only be read is refused at start, and left as it is', { skip: process.getuid === undefined }, async (t) => {
  const file = newFile(t)
  openStorage(file).close()
  chmodSync(file, 0o444)
  const root = process.getuid?.() === 0
  // Nobody forbids anything to root: another user has to try.
  if (root) chownSync(join(file, '..'), 65534, 65534)
  const child = fork(new URL('./owner.ts', import.meta.url), [file], { silent: true, ...(root && { uid: 65534, gid: 65534 }) })
  t.teardown(() => { child.kill('SIGKILL') })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => { said += chunk.toString() })
  await once(child, 'close')
  t.match(said, /CORE_FILE_UNUSABLE|readonly/)
  t.strictSame(damage(file), [])
})
