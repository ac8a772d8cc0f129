import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { recorder } from './running.js'

async function server (t: Test, env: Record<string, string> = {}) {
  const log = recorder()
  const app = createServer(loadConfig({ PORT: '0', MAX_EVENT_LOOP_DELAY: '0', EMBEDDED_CORE_FILE: ':memory:', PLAYGROUND: 'false', ...env }), { stream: log })
  t.teardown(() => app.close())
  await app.ready()
  return { app, log, requests: () => log.lines.filter(({ request }) => request !== undefined) }
}

t.test('each request is one line that can be read, without its query', async (t) => {
  const { app, requests } = await server(t)
  await app.inject('/me?token=hush-hush')
  await app.inject('/auth/emailpassword/email/exists?email=alice%40example.com')
  await app.inject('/nowhere?token=hush-hush')
  await app.inject('/health')
  t.match(requests().map(({ msg }) => msg), [/^GET \/me 401 in \d+ ms$/, /^GET \/auth\/emailpassword\/email\/exists 200 in \d+ ms$/, /^GET \/nowhere 404 in \d+ ms$/])
  t.match(requests()[0], { level: 30, reqId: /./, request: { method: 'GET', route: '/me', status: 401, ms: Number, ip: '127.0.0.1' } })
  t.notMatch(JSON.stringify(requests()), /hush-hush|alice/)
  app.log.level = 'debug'
  await app.inject('/health')
  t.match(requests().at(-1), { level: 20, msg: /^GET \/health 200/ }, 'orchestrators ask every few seconds')
})
