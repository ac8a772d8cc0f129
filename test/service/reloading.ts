import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request, type RequestOptions } from 'node:https'
import { connect } from 'node:tls'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { withSecretFiles } from '../../src/config/secret-files.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { generateKey } from '../../src/signing-keys/generate.js'
import { start } from '../../src/server.js'
import { createCertificate } from '../delivery/mail/certificate.js'
import { exits, portOf, recorder, type Line } from './running.js'

export const KEYS = ['an-old-key-of-twenty-letters', 'the-new-key-of-twenty-letters'] as const
export const [OLD, NEW] = ['an-old-secret-of-the-orders-service-1', 'the-new-secret-of-the-orders-service-2']
export const OPERATOR = ['an-old-key-of-the-operators-number-1', 'the-new-key-of-the-operators-number-2'] as const
export const SCRAPER = ['an-old-key-of-the-scraper-number-one', 'the-new-key-of-the-scraper-number-two'] as const
export const FACTOR = ['an-old-key-of-the-factors-number-one', 'the-new-key-of-the-factors-number-two'] as const
/** The certificate of an operator. Signed by itself, it is its own authority. */
export const OPERATORS_OWN = createCertificate()
const core = await createEmbeddedCore({ apiKey: [...KEYS], config: { bcrypt_log_rounds: 4 } })
t.teardown(() => core.close())

export const CORE = core.connectionURI

/** A service with everything that can change, in files as Kubernetes mounts them. */
export async function service (t: Test) {
  const exit = exits(t)
  t.intercept(process.stdout, 'isTTY', { value: false })
  const cwd = t.testdir()
  const file = (name: string, text: string) => { writeFileSync(join(cwd, name), `${text}\n`) }
  const certificate = createCertificate()
  file('tls.crt', certificate.cert)
  file('tls.key', certificate.key)
  file('admin.crt', certificate.cert)
  file('admin.key', certificate.key)
  file('admin-ca.crt', OPERATORS_OWN.cert)
  file('operators', `ops:reader:${OPERATOR[0]}`)
  file('metrics', SCRAPER[0])
  file('factors', FACTOR[0])
  file('clients', `orders:${OLD}`)
  file('core', KEYS[0])
  const keys = [generateKey(), generateKey()] as const
  file('keys', JSON.stringify({ keys: [keys[0]] }))
  let env: Record<string, string> = {
    PORT: '0',
    API_DOMAIN: 'https://localhost:3000',
    MAX_EVENT_LOOP_DELAY: '0',
    SHUTDOWN_TIMEOUT: '3',
    PLAYGROUND: 'false',
    HOST: '127.0.0.1',
    SUPERTOKENS_CONNECTION_URI: core.connectionURI,
    SUPERTOKENS_API_KEY_FILE: join(cwd, 'core'),
    TLS_CERT_FILE: join(cwd, 'tls.crt'),
    TLS_KEY_FILE: join(cwd, 'tls.key'),
    SERVICE_CLIENTS_FILE: join(cwd, 'clients'),
    SIGNING_KEYS_FILE: join(cwd, 'keys'),
    SECOND_FACTORS: 'sms,totp',
    FACTOR_KEY_FILE: join(cwd, 'factors'),
    METRICS_KEY_FILE: join(cwd, 'metrics'),
    ADMIN_KEYS_FILE: join(cwd, 'operators'),
    ADMIN_CERTIFICATES: `laptop:reader:${new X509Certificate(OPERATORS_OWN.cert).fingerprint256}`,
    ADMIN_PORT: '0',
    ADMIN_TLS_CERT_FILE: join(cwd, 'admin.crt'),
    ADMIN_TLS_KEY_FILE: join(cwd, 'admin.key'),
    ADMIN_CLIENT_CA_FILE: join(cwd, 'admin-ca.crt')
  }
  const read = () => withSecretFiles(env)
  const log = recorder()
  const app = await start(loadConfig(read()), { stream: log, settings: { environment: read(), read } })
  async function hangup (): Promise<Line> {
    const before = log.lines.length
    process.emit('SIGHUP', 'SIGHUP')
    return await log.next(before, ({ msg }) => /reloaded/.test(msg))
  }
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  t.teardown(async () => {
    agent.destroy()
    process.emit('SIGTERM', 'SIGTERM')
    await exit
  })
  const adminPort = Number((await log.until('the admin API listens')).port)
  const ask = async (path: string, headers: Record<string, string> = {}, body?: string, more: RequestOptions = {}): Promise<number> => await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: portOf(app), path, agent, headers, method: body === undefined ? 'GET' : 'POST', ...more }, (response) => {
      response.resume().on('end', () => { resolve(response.statusCode ?? 0) })
    })
    sent.on('error', reject).end(body)
  })
  return {
    app,
    log,
    file,
    keys,
    hangup,
    ask,
    agent,
    set (more: Record<string, string>) { env = { ...env, ...more } },
    introspect: async (secret: string) => await ask('/auth/introspect', { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${secret}` }, 'token=x'),
    scrape: async (key: string) => await ask('/metrics', { authorization: `Bearer ${key}` }),
    /** With a key, or with the operator's certificate. */
    administer: async (key?: string) => await ask('/admin/v1/stats', key === undefined ? {} : { authorization: `Bearer ${key}` }, undefined, { port: adminPort, ...(key === undefined && OPERATORS_OWN) }),
    adminPort,
    async fingerprint (port = portOf(app)): Promise<string> {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
  }
}
