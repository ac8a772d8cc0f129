import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { start } from '../../src/server.js'
import { watchReadiness } from '../../src/service/announce.js'
import { closedPort } from '../delivery/sms/helper.js'
import { exits, portOf, recorder } from './running.js'

t.test('nothing says "ready" while the Core does not answer, or refuses the key', async (t) => {
  const exit = exits(t)
  const port = await closedPort()
  const log = recorder()
  const config = loadConfig({
    PORT: '0',
    MAX_EVENT_LOOP_DELAY: '0',
    SHUTDOWN_TIMEOUT: '3',
    PLAYGROUND: 'false',
    API_DOMAIN: 'http://localhost:3000',
    SUPERTOKENS_CONNECTION_URI: `http://127.0.0.1:${port}`,
    SUPERTOKENS_API_KEY: 'the-key-of-twenty-letters'
  })
  const starting = start(config, { stream: log })
  t.match(await log.next(0, ({ msg }) => msg.startsWith('not ready')), { level: 40, reasons: ['core'], seconds: 0, msg: `not ready: the Core does not answer (http://127.0.0.1:${port})` })
  const url = /http:\S+/.exec((await log.next(0, ({ msg }) => msg.startsWith('Server listening'))).msg)![0]
  const ready = async () => {
    const response = await fetch(`${url}/ready`)
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
  }
  t.strictSame(await ready(), { status: 503, retryAfter: '2', body: { status: 'unavailable', reasons: ['core'] } })
  t.equal((await fetch(`${url}/health`)).status, 200, 'a restart would not help')
  t.notMatch(log.text(), '"msg":"ready"')

  const refusing = await createEmbeddedCore({ port, apiKey: 'another-key-of-twenty-letters', config: { bcrypt_log_rounds: 4 } })
  t.match(await log.next(0, ({ msg }) => msg.includes('refuses')), { reasons: ['core-key'] })
  t.match(await ready(), { status: 503, body: { reasons: ['core-key'] } })
  await refusing.close()

  const core = await createEmbeddedCore({ port, apiKey: 'the-key-of-twenty-letters', config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const app = await starting
  await log.until('ready')
  t.strictSame(await ready(), { status: 200, retryAfter: null, body: { status: 'ok', reasons: [] } })
  t.equal(portOf(app), Number(new URL(url).port))
  t.notMatch(log.text(), 'the-key-of')
  process.emit('SIGTERM', 'SIGTERM')
  t.equal(await exit, 0)
})

t.test('what is lost while the service runs is a warning, once a minute, and one line when it is back', async (t) => {
  const log = recorder()
  let time = 0
  const states = ['answers', 'silent', 'silent', ...Array.from({ length: 11 }, () => 'silent'), 'refuses', 'answers', 'answers']
  const ended = new AbortController()
  const app = {
    log: pino({}, log),
    twoFactor: { core: { embedded: false, addresses: ['http://user:hush@core:3567'], state: async () => states.shift() }, limits: null }
  } as unknown as FastifyInstance
  await watchReadiness(app, ended.signal, {
    elapsed: () => time,
    async pause (milliseconds) {
      if (states.length === 0) throw new Error('over')
      time += milliseconds
    }
  })
  const lost = { level: 40, reasons: ['core'], msg: 'not ready any more: the Core does not answer (http://core:3567)' }
  t.match(log.lines, [{ ...lost, seconds: 0 }, { ...lost, seconds: 60 }, { level: 40, reasons: ['core-key'], seconds: 65 }, { level: 30, msg: 'ready again', seconds: 70 }])
  t.equal(log.lines.length, 4)
})
