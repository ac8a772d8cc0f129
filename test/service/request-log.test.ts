import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { recorder } from './running.js'

async function server (t: Pick<Test, 'teardown'>, env: Record<string, string> = {}) {
  const log = recorder()
  const app = createServer(loadConfig({ PORT: '0', MAX_EVENT_LOOP_DELAY: '0', EMBEDDED_CORE_FILE: ':memory:', PLAYGROUND: 'false', ...env }), { stream: log })
  t.teardown(() => app.close())
  await app.ready()
  return { app, log, requests: () => log.lines.filter(({ request }) => request !== undefined) }
}

const { app, log, requests } = await server(t)

t.test('what clients get wrong is that one line, without a stack', async (t) => {
  const before = log.lines.length
  const asked = [{ url: '/favicon.ico' }, { url: '/auth/nothing' }, { method: 'PUT', url: '/auth/signin', payload: '{', headers: { 'content-type': 'application/json' } }] as const
  for (const request of asked) t.match((await app.inject(request)).statusCode, /^4/)
  const lines = log.lines.slice(before)
  t.equal(lines.length, asked.length)
  t.notMatch(JSON.stringify(lines), /"err"|stack/)
})

t.test('each request is one line that can be read, without its query', async (t) => {
  const asked = requests().length
  await app.inject('/me?token=hush-hush')
  await app.inject('/auth/emailpassword/email/exists?email=alice%40example.com')
  await app.inject('/nowhere?token=hush-hush')
  await app.inject('/health')
  t.match(requests().slice(asked).map(({ msg }) => msg), [/^GET \/me 401 in \d+ ms$/, /^GET \/auth\/emailpassword\/email\/exists 200 in \d+ ms$/, /^GET \/nowhere 404 in \d+ ms$/])
  t.match(requests()[asked], { level: 30, reqId: /./, request: { method: 'GET', route: '/me', status: 401, ms: Number, ip: '127.0.0.1' } })
  t.notMatch(JSON.stringify(requests()), /hush-hush|alice/)
  app.log.level = 'debug'
  await app.inject('/health')
  t.match(requests().at(-1), { level: 20, msg: /^GET \/health 200/ }, 'orchestrators ask every few seconds')
})
