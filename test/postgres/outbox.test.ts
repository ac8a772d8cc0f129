import { inspect } from 'node:util'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { AuditTrailOptions } from '../../src/index.js'
import { createDelivery } from '../../src/audit/webhook/delivery.js'
import type { Outbox } from '../../src/audit/webhook/outbox.js'
import { openPostgresOutbox } from '../../src/audit/webhook/postgres-outbox.js'
import { signUp } from '../../src/testing/index.js'
import { createFeed } from '../../src/audit/sinks/feed.js'
import { createLog, makeEvent } from '../audit/events.js'
import { testOutbox } from '../audit/outbox-contract.js'
import { SECRET, startReceiver } from '../audit/receiver.js'
import { createCertificate } from '../delivery/mail/certificate.js'
import { record } from '../faults/record.js'
import { until } from '../faults/until.js'
import { startWire } from '../faults/wire.js'
import { freePort } from '../free-port.js'
import { build } from '../helper.js'
import { startPostgres, SUPERUSER } from './postgres-server.js'

const PASSWORD = 'correct horse/battery@staple'
const certificate = createCertificate()
const server = await startPostgres(t, certificate)
let databases = 0

/** What an administrator does. */
async function asAdmin (database: string, ...statements: string[]): Promise<Array<Record<string, unknown>>> {
  const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: SUPERUSER, database, ssl: false })
  await client.connect()
  try {
    let rows: Array<Record<string, unknown>> = []
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement))
    return rows
  } finally {
    await client.end()
  }
}

async function createDatabase (options = ''): Promise<{ name: string, url: string, admin: (...statements: string[]) => ReturnType<typeof asAdmin> }> {
  const name = `audit_${databases++}`
  await asAdmin('postgres', `CREATE DATABASE ${name} ${options}`)
  return { name, url: `postgres://${SUPERUSER}@127.0.0.1:${server.port}/${name}`, admin: (...statements) => asAdmin(name, ...statements) }
}

async function openOutbox (t: Test, url: string, most = 1000) {
  const log = createLog()
  const outbox = await openPostgresOutbox(url, most, log)
  let closing: Promise<void> | undefined
  function close (): Promise<void> {
    closing ??= outbox.close()
    return closing
  }
  t.teardown(close)
  return { outbox: { ...outbox, close } satisfies Outbox, log }
}

const idsIn = async (outbox: Outbox): Promise<string[]> => (await outbox.oldest(10_000)).map(({ event }) => event.id)
const unusable = (message: RegExp) => ({ code: 'AUTH_AUDIT_SINK_UNUSABLE', message })

t.test('an outbox in PostgreSQL', (t) => testOutbox(t, async (t) => {
  const { url } = await createDatabase()
  return async (most) => (await openOutbox(t, url, most)).outbox
}))

t.test('a database that is not in UTF-8 loses nothing', async (t) => {
  const { url } = await createDatabase('ENCODING \'LATIN1\' LC_COLLATE \'C\' LC_CTYPE \'C\' TEMPLATE template0')
  const { outbox } = await openOutbox(t, url)
  const event = makeEvent('first-factor.passed', { reason: '😀 Привет \0' })
  await outbox.add(event)
  t.same((await outbox.oldest(1))[0]?.event, event)
})

t.test('replicas that start at the same moment make the tables once, and share one ceiling', async (t) => {
  const { url, admin } = await createDatabase()
  const replicas = await Promise.all(Array.from({ length: 4 }, () => openOutbox(t, url, 200)))
  t.same(replicas.flatMap(({ log }) => log.lines), [])
  await Promise.all(replicas.map(async ({ outbox }) => { for (let i = 0; i < 100; i++) await outbox.add(makeEvent('first-factor.failed')) }))
  const [{ kept, rows, events }] = await admin(`SELECT kept::int, (SELECT count(*) FROM fastify_2fa_audit.outbox)::int AS rows,
    (SELECT sum(coalesce((convert_from(event, 'UTF8')::json ->> 'count')::int, 1)) FROM fastify_2fa_audit.outbox)::int AS events FROM fastify_2fa_audit.state`) as [Record<string, number>]
  t.equal(kept, rows)
  t.ok(kept! <= 201, String(kept))
  t.equal(events, 400, 'each is there, or counted')
  const found = await Promise.all(replicas.map(({ outbox }) => idsIn(outbox)))
  t.equal(found.filter((ids) => ids.length > 0).length, 1, 'one delivers at a time')
  await admin('DELETE FROM fastify_2fa_audit.outbox')
  const deliverer = replicas[found.findIndex((ids) => ids.length > 0)]!.outbox
  await deliverer.oldest(1)
  t.match(await admin('SELECT kept FROM fastify_2fa_audit.state'), [{ kept: '0' }], 'what was removed by hand is counted again')
  await admin('UPDATE fastify_2fa_audit.state SET version = 2')
  await t.rejects(openOutbox(t, url), unusable(/tables have version 2/))
})

t.test('two replicas share an outbox: a killed one has lost nothing, and the other delivers in each user\'s order', async (t) => {
  const { url, admin } = await createDatabase()
  const receiver = await startReceiver(t)
  let answers = 5
  // Some are answered, the others hang: the process dies in the middle of delivering.
  receiver.answer = () => answers-- > 0 ? 204 : undefined
  const audit: AuditTrailOptions = { webhook: { url: receiver.url, secrets: [SECRET], outbox: { postgresUrl: url }, timeout: 60_000 } }
  const one = record(t, audit)
  await until('it is the one that delivers', () => one.kept.length > 10 && answers < 0)
  const two = record(t, audit, { count: 40 })
  await until('both add', () => two.kept.length > 10)
  await one.kill()
  receiver.answer = () => 204
  // As if its fifteen seconds had passed.
  await admin('UPDATE fastify_2fa_audit.state SET held_until = now()')
  await until('all are there', () => {
    const taken = new Set(receiver.taken())
    return two.isDone && [...one.kept, ...two.kept].every((id) => taken.has(id))
  })
  t.same([...one.refused, ...two.refused], [])
  for (const ids of [one.kept, two.kept]) {
    const first = [...new Set(receiver.received.filter(({ id, event, status }) => ids.includes(id) && event.userId === 'user-3' && status === 204).map(({ id }) => id))]
    t.same(first, [...first].sort(), 'in their order')
  }
  t.ok(receiver.received.length <= new Set(receiver.taken()).size + 64, 'twice is only what was on its way')
  await until('none waits', async () => (await admin('SELECT 1 FROM fastify_2fa_audit.outbox')).length === 0)
})

t.test('connections that are ended, and a server that crashes, lose nothing and send nothing twice', async (t) => {
  const { name, url } = await createDatabase()
  const receiver = await startReceiver(t)
  const { outbox, log } = await openOutbox(t, url)
  const delivery = createDelivery({ url: receiver.url, secrets: [SECRET], timeout: 10_000, outbox, log })
  const feed = createFeed({ name: 'webhook', isDurable: true, write: (event) => outbox.add(event), close: delivery.close }, log)
  const added: string[] = []
  async function addSome (): Promise<void> {
    for (let i = 0; i < 20; i++) {
      const event = makeEvent('second-factor.passed', { userId: `user-${i % 3}` })
      added.push(event.id)
      await feed.add(event)
    }
  }
  const delivered = (): Promise<void> => until('all are there', () => {
    feed.retry()
    return receiver.taken().length === added.length
  })
  await addSome()
  const terminate = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'fastify-2fa audit'`
  await Promise.all([addSome(), asAdmin('postgres', terminate, terminate)])
  await delivered()
  // Nothing is under way: a connection that nobody waits for must not end the process.
  await asAdmin('postgres', terminate)
  await addSome()
  await delivered()
  const ended = server.kill()
  await addSome()
  await ended
  await addSome()
  t.same(log.lines.filter(({ text }) => /PostgreSQL of the audit outbox does not answer/.test(text)).length >= 1, true)
  await server.start()
  await delivered()
  t.equal(receiver.received.length, added.length, 'none twice')
  t.same(added, receiver.taken().sort())
  for (const user of ['user-0', 'user-1', 'user-2']) {
    const ids = receiver.received.filter(({ event }) => event.userId === user).map(({ id }) => id)
    t.same(ids, [...ids].sort(), 'in their order')
  }
  t.ok(log.has('answers again'))
  await feed.close(5000)
})

t.test('with audit.required nobody gets a session, and nothing is changed, while PostgreSQL is away', async (t) => {
  const { url, admin } = await createDatabase()
  const receiver = await startReceiver(t)
  receiver.answer = () => 503
  const app = await build(t, { audit: { required: true, webhook: { url: receiver.url, secrets: [SECRET], outbox: { postgresUrl: url } } } })
  const user = await signUp(app)
  const events = await admin('SELECT convert_from(event, \'UTF8\')::json ->> \'userId\' AS user FROM fastify_2fa_audit.outbox')
  t.same(events, [{ user: user.userId }], 'it was kept when the answer came')
  const credentials = { method: 'POST' as const, url: '/auth/signin', payload: { formFields: [{ id: 'email', value: user.email }, { id: 'password', value: user.password }] } }
  await server.kill()
  for (let i = 0; i < 2; i++) {
    const refused = await app.inject(credentials)
    t.match(refused, { statusCode: 503, headers: { 'st-access-token': undefined, 'set-cookie': undefined } })
    t.match(refused.json(), { code: 'AUTH_AUDIT_UNAVAILABLE' })
  }
  t.equal((await user.session.inject('/me')).statusCode, 403, 'who is in stays in')
  await server.start()
  await until('it works again', async () => (await app.inject(credentials)).json().status === 'OK')
})

t.test('one that hangs is left in time, and an event whose answer got lost is kept once', async (t) => {
  const { url } = await createDatabase()
  const wire = await startWire(t, [url])
  const { outbox, log } = await openOutbox(t, url.replace(/:\d+\//, `:${new URL(wire.origin).port}/`))
  const event = makeEvent()
  await outbox.oldest(1)
  wire.hang()
  const begun = performance.now()
  await t.rejects(async () => { await outbox.add(event) }, /Query read timeout/)
  t.ok(performance.now() - begun < 5000)
  t.same(await outbox.oldest(1), [])
  t.equal(log.lines.filter(({ level }) => level === 'error').length, 1, 'said once')
  wire.delay(0)
  await until('it works again', async () => { await outbox.add(event); return true })
  await outbox.add(event)
  t.same(await idsIn(outbox), [event.id])
})

t.test('what waiting does not mend stops the boot, and an outage does not; neither shows the password', async (t) => {
  const { name, admin } = await createDatabase()
  await admin(`CREATE ROLE no_rights LOGIN PASSWORD '${PASSWORD}'`)
  const at = (user: string, password: string, database = name, port = server.port): string => `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
  const shown: unknown[] = []
  async function refuses (url: string, message: RegExp): Promise<void> {
    const log = createLog()
    const err: unknown = await openPostgresOutbox(url, 1000, log).then(() => undefined, (err: unknown) => err)
    t.match(err, unusable(message))
    shown.push(err, log.lines)
  }
  await refuses(at('no_rights', `${PASSWORD}-not`), /audit_\d+: PostgreSQL: password authentication failed/)
  await refuses(at('no_rights', ''), /password must be a non-empty string/)
  await refuses(at('no_rights', PASSWORD, 'nowhere'), /database "nowhere" does not exist/)
  await refuses(at('no_rights', PASSWORD), /permission denied for database.*docs\/audit.md#postgresql/)

  const port = await freePort()
  const log = createLog()
  const outbox = await openPostgresOutbox(at('no_rights', PASSWORD, name, port), 1000, log)
  await t.rejects(async () => { await outbox.add(makeEvent()) }, { code: 'ECONNREFUSED' })
  t.same(await outbox.oldest(1), [])
  t.equal(log.lines.length, 1)
  await outbox.close()
  shown.push(log.lines)
  t.notMatch(inspect(shown, { depth: 10, showHidden: true }), /horse/)
})

t.test('it needs a schema of its own, or only what the tables are used for', async (t) => {
  const { name, admin } = await createDatabase()
  await admin(
    `CREATE ROLE owner LOGIN PASSWORD '${PASSWORD}'`, 'CREATE SCHEMA fastify_2fa_audit AUTHORIZATION owner',
    `CREATE ROLE writer LOGIN PASSWORD '${PASSWORD}'`, 'CREATE TABLE public.of_others (x int)'
  )
  const urlOf = (user: string): string => `postgres://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/${name}`
  await (await openOutbox(t, urlOf('owner'))).outbox.close()
  await t.rejects(openOutbox(t, urlOf('writer')), unusable(/permission denied for schema/))
  await admin(
    'GRANT USAGE ON SCHEMA fastify_2fa_audit TO writer',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON fastify_2fa_audit.outbox TO writer',
    'GRANT SELECT, UPDATE ON fastify_2fa_audit.state TO writer'
  )
  const { outbox } = await openOutbox(t, urlOf('writer'), 3)
  const events = Array.from({ length: 5 }, () => makeEvent('first-factor.failed'))
  for (const event of events) await outbox.add(event)
  const [first, second] = await outbox.oldest(10)
  await outbox.setAside(first!)
  await outbox.remove(second!)
  t.match(await outbox.oldest(10), [{ event: { id: events[4]!.id } }])
  t.match(outbox.figures(), { waiting: 1, refused: 1, dropped: 3 })
})

t.test('with TLS, a server that nobody vouches for, or that has none, learns nothing', async (t) => {
  const { name, admin } = await createDatabase()
  const file = `${t.testdir({ 'ca.pem': certificate.cert })}/ca.pem`
  const url = `postgres://${SUPERUSER}@127.0.0.1:${server.port}/${name}?sslmode=`
  for (const mode of ['require', 'verify-full']) await t.rejects(openOutbox(t, url + mode), unusable(/self-signed certificate/))
  await t.rejects(openOutbox(t, `${url}verify-full&sslrootcert=/none.pem`), unusable(/sslrootcert cannot be read \(ENOENT\)/))
  const { outbox } = await openOutbox(t, `${url}verify-full&sslrootcert=${file}`)
  await outbox.add(makeEvent())
  t.match(await admin(`SELECT DISTINCT ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE datname = '${name}' AND application_name = 'fastify-2fa audit'`), [{ ssl: true }])
  await asAdmin('postgres', 'ALTER SYSTEM SET ssl = off', 'SELECT pg_reload_conf()')
  await until('it has no TLS', async () => (await asAdmin('postgres', 'SHOW ssl'))[0]?.ssl === 'off')
  await t.rejects(openOutbox(t, `${url}verify-full&sslrootcert=${file}`), unusable(/does not support SSL/))
  const socket = `postgres://${SUPERUSER}@${encodeURIComponent(server.directory)}:${server.port}/${name}`
  t.equal((await idsIn((await openOutbox(t, socket)).outbox)).length, 1, 'a Unix socket works, too')
})
