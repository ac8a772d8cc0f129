import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import t, { type Test } from 'tap'
import { service, type ServiceOptions } from '../../src/app.js'
import { createTestSession, passSecondFactor, signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { scrape } from '../metrics/scrape.js'

const file = join(t.testdir(), 'core.sqlite')
const embedded = { embedded: { file, config: { bcrypt_log_rounds: 4 } } }

async function build (t: Test, core: NonNullable<ServiceOptions['core']> = embedded, more: Pick<ServiceOptions, 'metrics'> = {}): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { core, ...more, maxEventLoopDelay: 0, limits: { sends: false, signIn: false, signUps: false } })
  await app.ready()
  return app
}

/** Nothing here may need the network. Returns what was asked of it. */
function goOffline (t: Test): string[] {
  const requested: string[] = []
  t.intercept(globalThis, 'fetch', { value: async (input: unknown) => { requested.push(String(input)); throw new TypeError('fetch failed') } })
  return requested
}

t.test('an app with an embedded Core opens no port, and is whole', async (t) => {
  const requested = goOffline(t)
  const before = process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
  const app = await build(t)
  t.equal(process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length, before)
  t.match({ ...app.twoFactor.core }, { embedded: true, apiKey: undefined, connectionURI: /\.embedded-core\.invalid$/ })
  t.match(app.twoFactor.core.secret, /^[\w-]{43}$/, 'counters of phone numbers are still hashed with a key')
  const { session } = await signInWithSecondFactor(app)
  t.equal((await session.inject('/me')).statusCode, 200)
  t.equal((await session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
  t.equal((await session.inject('/me')).statusCode, 200, 'which the Core confirms')
  t.match((await app.inject('/ready')).json(), { status: 'ok', reasons: [] })
  const { core } = app.twoFactor
  t.equal((await core.fetch(`${core.connectionURI}/hello`)).status, 200, 'a host can ask the Core itself')
  t.strictSame(requested, [], 'no call has left the process')
})

t.test('how the backups of an app are doing can be seen, as for metrics', async (t) => {
  goOffline(t)
  const without = await build(t)
  t.equal(without.twoFactor.core.backupState(), undefined)
  await without.close()
  const directory = t.testdir({})
  writeFileSync(join(directory, `${basename(file)}-20260131T000000Z.backup`), '')
  const app = await build(t, { embedded: { ...embedded.embedded, backups: { directory, every: 3_600_000 } } }, { metrics: true })
  t.match(app.twoFactor.core.backupState(), { last: { at: new Date('2026-01-31T00:00:00Z') }, failure: undefined, failures: 0 })
  const { value } = await scrape(app)
  t.equal(value('backup_last_success_timestamp_seconds'), Date.parse('2026-01-31T00:00:00Z') / 1000)
  t.strictSame(['backup_interval_seconds', 'backup_failures_total', 'backup_failing'].map((name) => value(name)), [3600, 0, 0])
})

t.test('an app that is closed can be started again on the same file', async (t) => {
  const requested = goOffline(t)
  const first = await build(t)
  const user = await signInWithSecondFactor(first)
  await first.close()
  const second = await build(t)
  const again = await signIn(second, user)
  t.equal(again.userId, user.userId)
  await passSecondFactor(second, again)
  t.equal((await again.session.inject('/me')).statusCode, 200)
  t.strictSame(requested, [], 'no call has left the process')
})

t.test('another app can share the Core of the first, and not have one of its own', async (t) => {
  const requested = goOffline(t)
  const first = await build(t)
  const user = await signInWithSecondFactor(first)
  const second = await build(t, { connectionURI: first.twoFactor.core.connectionURI })
  t.equal((await signIn(second, user)).userId, user.userId)
  t.equal((await second.inject('/ready')).statusCode, 200)
  await t.rejects(build(t), { code: 'CORE_FILE_IN_USE' })
  await t.rejects(build(t, { embedded: {} }), { code: 'AUTH_SDK_ALREADY_INITIALISED' }, 'the SDK would use the Core of the first')

  await first.close()
  const ready = await second.inject('/ready')
  t.match({ statusCode: ready.statusCode, ...ready.json() }, { statusCode: 503, reasons: ['core'] })
  const { email, password } = user
  const payload = { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] }
  const response = await createTestSession(second).inject({ method: 'POST', url: '/auth/signin', payload })
  t.match({ statusCode: response.statusCode, ...response.json() }, { statusCode: 503, code: 'AUTH_CORE_UNAVAILABLE' }, 'it is down')
  t.ok(response.headers['retry-after'])
  await t.rejects(EmailPassword.signIn('public', email, password), /No SuperTokens core available/, 'for a host too')
  t.strictSame(requested, [], 'no call has left the process')
})
