import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { importUsers } from '../../src/migrate/import-users.js'
import { call, emailUser, KEY, newFolder, openCore, writeLines } from './helper.js'
import { lossyProxy } from './servers.js'

const users = Array.from({ length: 500 }, (_, index) => emailUser(index, { userMetadata: { index } }))

t.test('an importer that is killed goes on where it was: nothing twice, nothing missing', async (t) => {
  const core = await openCore(t)
  const file = writeLines(t, users)
  const stateFile = join(newFolder(t), 'state.json')
  let kill = (): void => {}
  let posts = 0
  let deadly: { post: number, forwarded: boolean } | undefined
  const proxy = await lossyProxy(t, { uri: core.connectionURI }, async (exchange) => {
    if (exchange.question !== 'POST /bulk-import/users' || ++posts !== deadly?.post) return
    if (deadly.forwarded) await exchange.forward()
    kill()
    exchange.drop()
  })

  // Before a batch arrives, and after one has arrived but before the importer knows.
  for (const point of [{ post: 3, forwarded: false }, { post: 5, forwarded: true }]) {
    posts = 0
    deadly = point
    const child = fork(new URL('./importer.js', import.meta.url), [file, proxy.uri, stateFile])
    t.teardown(() => child.kill('SIGKILL'))
    kill = () => { child.kill('SIGKILL') }
    const [, signal] = await once(child, 'exit')
    t.equal(signal, 'SIGKILL')
  }
  t.ok(existsSync(stateFile))
  deadly = undefined
  proxy.posts.length = 0
  const result = await importUsers({ file, connectionURI: proxy.uri, apiKey: KEY, batch: 50, stateFile })
  t.strictSame(proxy.posts, [50, 50, 50], 'only what has not arrived is sent')
  t.match(result, { total: 500, failures: [], withoutPhone: [] })
  t.equal(result.imported + result.alreadyThere, 500)
  t.ok(result.alreadyThere <= 50, 'what had arrived all the same is recognised, there or in the queue')

  t.match(await call(core.connectionURI, 'GET', '/users/count'), { count: 500 })
  t.match(await call(core.connectionURI, 'GET', '/bulk-import/users/count'), { count: 0 })
  const metadata = await Promise.all(users.map(({ externalUserId: id }) => call(core.connectionURI, 'GET', `/recipe/user/metadata?userId=${id}`)))
  t.strictSame(metadata.map((answer) => answer.metadata), users.map(({ userMetadata }) => userMetadata))
  const again = await importUsers({ file, connectionURI: proxy.uri, apiKey: KEY, stateFile })
  t.strictSame(again, result, 'a finished one tells its result again')
  t.equal(proxy.posts.length, 3)
})
