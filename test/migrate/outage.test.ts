import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { importUsers } from '../../src/migrate/import-users.js'
import { emailUser, newFolder, writeLines } from './helper.js'
import { lossyProxy, type Exchange } from './servers.js'

t.test('a Core that is killed and comes back, and a network that loses answers', async (t) => {
  const file = join(newFolder(t), 'core.sqlite')
  const target = { uri: '', apiKey: '' }
  const start = async () => {
    const child = fork(new URL('../embedded-core/owner.js', import.meta.url), [file])
    t.teardown(() => child.kill('SIGKILL'))
    const [{ connectionURI, apiKey }] = await once(child, 'message') as [{ connectionURI: string, apiKey: string }]
    Object.assign(target, { uri: connectionURI, apiKey })
    return child
  }
  let child = await start()
  let posts = 0
  const meddle = async (exchange: Exchange) => {
    if (exchange.question !== 'POST /bulk-import/users') return
    posts++
    if (posts === 2) exchange.answer(503)
    if (posts === 4) {
      await exchange.forward()
      exchange.drop()
    }
    if (posts === 6) {
      await exchange.forward()
      child.kill('SIGKILL')
      await once(child, 'exit')
      exchange.drop()
      child = await start()
    }
  }
  const proxy = await lossyProxy(t, target, meddle)
  const result = await importUsers({ file: writeLines(t, Array.from({ length: 500 }, (_, index) => emailUser(index))), connectionURI: `${proxy.uri}/; ${proxy.uri}`, batch: 50, retryDelay: 500 })
  t.match(result, { total: 500, failures: [] })
  const count = await fetch(`${target.uri}/users/count`, { headers: { 'api-key': target.apiKey } })
  t.match(await count.json(), { count: 500 })
})
