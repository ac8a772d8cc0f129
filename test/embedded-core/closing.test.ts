import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createHashQueue } from '../../src/embedded-core/hash-queue.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openApps } from '../../src/embedded-core/tenants/apps.js'

t.test('a password that waits while the Core closes is answered, and its connection is not kept', async (t) => {
  const hashing = createHashQueue({ width: 1 })
  const apps = openApps({ file: ':memory:', config: { bcrypt_log_rounds: 4 }, hashing, now: Date.now, onError: () => {} })
  const server = buildServer(apps, [], false)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => {
    agent.destroy()
    apps.close()
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  let goOn = () => {}
  const running = hashing.run({ guessMs: 1 }, () => new Promise<void>((resolve) => { goOn = resolve }))

  const asked = new Promise<IncomingMessage>((resolve, reject) => {
    const { port } = server.server.address() as AddressInfo
    request({ agent, port, method: 'POST', path: '/recipe/signup' }, resolve).on('error', reject).end(JSON.stringify({ email: 'ann@example.com', password: 'correct horse' }))
  })
  await once(server.server, 'request')
  const closing = server.close().then(() => 'closed')
  await setImmediate()
  goOn()
  await running
  const answer = await asked
  t.equal(answer.statusCode, 200)
  answer.resume()
  t.equal(await Promise.race([closing, sleep(30_000, 'held open', { ref: false })]), 'closed')
})
