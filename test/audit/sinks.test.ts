import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { logs } from '@opentelemetry/api-logs'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import t from 'tap'
import { verifyChain } from '../../src/audit/verify.js'
import { resetSecondFactor, unlockSecondFactor, type AuditEvent, type AuditTrailOptions, type Fastify2faOptions, type SmsMessage } from '../../src/index.js'
import { createTestSession, newPhoneNumber, passSecondFactor, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { until } from '../faults/until.js'
import { build } from '../helper.js'
import { recordAudit } from './record.js'
import { SECRET, startReceiver } from './receiver.js'

const CHAIN_KEY = 'a chain key for tests that is long enough'

t.test('every sink gets the events of a whole flow, in their order, and no secret', async (t) => {
  const dir = t.testdir()
  const receiver = await startReceiver(t)
  const exporter = new InMemoryLogRecordExporter()
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }))
  t.teardown(() => { logs.disable() })
  const own: AuditEvent[] = []
  const secrets = new Set<string>([SECRET, CHAIN_KEY])
  const sms = { name: 'quiet', async send ({ to, code }: SmsMessage) { secrets.add(to).add(code!); app.twoFactor.outbox.add({ channel: 'sms', to, body: '', code: code! }) } }
  const app = await build(t, {
    sms,
    audit: {
      file: { path: join(dir, 'audit.log'), chainKey: CHAIN_KEY },
      webhook: { url: receiver.url, secrets: [SECRET], outbox: { file: join(dir, 'outbox.sqlite') } },
      otel: true,
      sinks: [{ name: 'own', write: (event) => { own.push(event) } }, { name: 'broken', write: () => { throw new Error('broken') } }]
    }
  })
  const recorded = recordAudit(t)
  const user = await signUp(app)
  await passSecondFactor(app, user)
  const again = await signIn(app, user)
  const challenge = await requestCode(app, again)
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { ...challenge, userInputCode: 'wrong-code' } })
  await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: newPhoneNumber() } })
  await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: 'not the password 1' }] } })
  for (const secret of [user.password, user.email, challenge.deviceId, challenge.preAuthSessionId, 'wrong-code', ...user.session.cookies.values(), ...again.session.cookies.values()]) secrets.add(secret)

  t.ok(recorded.length >= 8)
  await until('the webhook has them', () => receiver.taken().length === recorded.length)
  t.match(app.twoFactor.auditSinks().map(({ name, written, isFailing, dropped }) => ({ name, written, isFailing, dropped })), [
    { name: 'file', written: recorded.length, isFailing: false }, { name: 'otel' }, { name: 'webhook', written: recorded.length }, { name: 'own', written: recorded.length }, { name: 'broken', written: 0, isFailing: true, dropped: recorded.length }
  ])
  const file = readFileSync(join(dir, 'audit.log'), 'utf8')
  const inFile = file.trimEnd().split('\n').map((line) => JSON.parse(line).event as AuditEvent | undefined).filter((event) => event !== undefined)
  t.same(inFile, recorded)
  t.same(own, recorded)
  t.match(await verifyChain([join(dir, 'audit.log')], { keys: [CHAIN_KEY] }), { ok: true, events: recorded.length })
  t.same(receiver.received.map(({ event }) => event).sort((one, other) => one.id < other.id ? -1 : 1), recorded)

  const records = exporter.getFinishedLogRecords()
  t.equal(records.length, recorded.length)
  t.match(records[0], { eventName: 'fastify_2fa.first-factor.passed', severityText: 'INFO', body: 'first-factor.passed', attributes: { 'user.id': user.userId, 'client.address': '127.0.0.1', 'fastify_2fa.factor': 'password', 'fastify_2fa.id': recorded[0]?.id } })
  const all = [file, ...receiver.received.map(({ body, headers }) => body + JSON.stringify(headers)), JSON.stringify(records.map(({ attributes, body }) => ({ attributes, body })))].join('\n')
  for (const secret of secrets) t.equal(all.includes(secret), false, `${secret.slice(0, 4)}…`)
})

/** An app whose audit file can be taken away. */
async function withFile (t: Parameters<typeof build>[0], audit: AuditTrailOptions) {
  const dir = t.testdir({ there: {} })
  const path = join(dir, 'there', 'audit.log')
  const lines: string[] = []
  const app = await build(t, { audit: { ...audit, file: { path } } } satisfies Fastify2faOptions, { logger: { stream: { write: (line: string) => { lines.push(line) } } } })
  return { app, path, lines, takeAway: () => { renameSync(join(dir, 'there'), join(dir, 'gone')) }, giveBack: () => { renameSync(join(dir, 'gone'), join(dir, 'there')) } }
}

const credentials = ({ email, password }: SignedInUser) => ({ method: 'POST' as const, url: '/auth/signin', payload: { formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] } })
const eventsIn = (path: string): AuditEvent[] => readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line).event as AuditEvent).filter(Boolean)

t.test('by default a person does not notice that the disk is gone; events come later, and the log says so once', async (t) => {
  const { app, path, lines, takeAway, giveBack } = await withFile(t, {})
  const user = await signUp(app)
  takeAway()
  for (let i = 0; i < 3; i++) t.equal((await app.inject(credentials(user))).json().status, 'OK')
  t.match(app.twoFactor.auditSinks(), [{ name: 'file', waiting: 3, isFailing: true }])
  giveBack()
  t.equal((await app.inject(credentials(user))).json().status, 'OK')
  t.equal(eventsIn(path).filter(({ type }) => type === 'first-factor.passed').length, 5)
  t.match(await verifyChain([path]), { ok: true })
  t.equal(lines.filter((line) => line.includes('does not take events')).length, 1)
  t.equal(lines.filter((line) => line.includes('works again')).length, 1)
})

t.test('with audit.required nobody gets a session, and nothing is changed, without a line in the file', async (t) => {
  const { app, path, takeAway, giveBack } = await withFile(t, { required: true })
  const user = await signInWithSecondFactor(app)
  const before = eventsIn(path).length
  takeAway()
  const noticed = await app.inject(credentials(user))
  t.equal(noticed.statusCode, 503)
  t.match(noticed.json(), { code: 'AUTH_AUDIT_UNAVAILABLE' })
  for (const name of ['set-cookie', 'st-access-token', 'st-refresh-token', 'front-token']) t.equal(noticed.headers[name], undefined, name)
  t.match(noticed.headers['retry-after'], /^\d+$/)
  const { length: published } = recordAudit(t)
  const recorded = recordAudit(t)
  for (const request of [credentials(user), { ...credentials(user), headers: { 'st-auth-mode': 'header' } }]) {
    const refused = await app.inject(request)
    t.equal(refused.statusCode, 503)
    t.equal(refused.json().code, 'AUTH_AUDIT_UNAVAILABLE')
    t.equal(refused.headers['st-access-token'], undefined)
  }
  t.equal(recorded.length, published, 'refused before anything was looked at')
  await t.rejects(resetSecondFactor(app, user.userId, { factor: 'all', by: 'Bob', reason: 'lost' }), { code: 'AUTH_AUDIT_UNAVAILABLE' })
  await t.rejects(unlockSecondFactor(app, user.userId), { code: 'AUTH_AUDIT_UNAVAILABLE' })
  t.equal((await user.session.inject('/me')).statusCode, 200, 'who is in stays in')
  t.equal((await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200)
  giveBack()
  t.equal((await app.inject(credentials(user))).json().status, 'OK')
  t.equal(eventsIn(path).length, before + 2, 'with the event of the sign-in that was noticed too late')
  t.match(await verifyChain([path]), { ok: true })
})

t.test('options that make no sense, and a plain http receiver in production, stop the boot', async (t) => {
  const refused = async (audit: unknown, message: RegExp, options: Fastify2faOptions = {}) => { await t.rejects(build(t, { ...options, audit: audit as AuditTrailOptions }), { code: 'AUTH_OPTIONS_INVALID', message }) }
  const webhook = { url: 'https://siem.example.com/', secrets: [SECRET], outbox: { file: 'x' } }
  await refused('stdout', /audit must be an object/)
  await refused({ stdin: true }, /audit.stdin is not an option/)
  await refused({ stdout: 'yes' }, /audit.stdout must be true or false/)
  await refused({ file: { path: '', chainKey: 'short', sync: 'never' } }, /audit.file.path.*audit.file.chainKey.*audit.file.sync/)
  await refused({ webhook: { ...webhook, url: 'ftp://x', secrets: ['whsec_short'], outbox: {}, most: 1, timeout: 1 } }, /webhook.url.*webhook.secrets.*webhook.outbox.*webhook.most.*webhook.timeout/)
  await refused({ webhook: { ...webhook, outbox: { file: 'x', redisUrl: 'redis://x' } } }, /must be one of \{ file \}, \{ redisUrl \} and \{ postgresUrl \}/)
  await refused({ sinks: [{ name: 'x' }] }, /audit.sinks must be a list/)
  await refused({ required: true, stdout: true }, /audit.required needs/)
  await refused({ webhook: { ...webhook, outbox: { postgresUrl: 'postgres://audit:hush@db/audit?sslmode=prefer' } } }, /outbox.postgresUrl has an sslmode that is none of disable, require/)
  await refused({ webhook: { ...webhook, url: 'http://siem.example.com/' } }, /audit.webhook.url: production needs https/, { production: true })
  await t.rejects(build(t, { audit: { file: { path: '/nowhere/audit.log' } } }), { code: 'AUTH_AUDIT_SINK_UNUSABLE', message: /directory \/nowhere does not exist/ })
})
