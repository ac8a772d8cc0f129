import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createFileSink } from '../../src/audit/sinks/file.js'
import { verifyChain } from '../../src/audit/verify.js'
import type { AuditTrailOptions } from '../../src/index.js'
import { createLog, makeEvent } from '../audit/events.js'
import { SECRET, startReceiver } from '../audit/receiver.js'
import { createCertificate } from '../delivery/mail/certificate.js'
import { createClient, isOk } from './client.js'
import { startService } from './processes.js'
import { record } from './record.js'
import { until } from './until.js'

const ROUNDS = Number(process.env.FAULTS_ROUNDS ?? 3)

/** The ids of events in a file, whatever else is there. */
async function idsIn (file: string): Promise<string[]> {
  return [...(await readFile(file, 'utf8')).matchAll(/"event":\{"id":"([^"]+)".*\}$/gm)].map(([, id = '']) => id)
}

t.test('killed while it writes and delivers, a process has lost no event: not in the file, and not in the outbox', async (t) => {
  const dir = t.testdir()
  const receiver = await startReceiver(t)
  const path = join(dir, 'audit.log')
  const audit: AuditTrailOptions = { file: { path }, webhook: { url: receiver.url, secrets: [SECRET], outbox: { file: join(dir, 'outbox.sqlite') }, timeout: 60_000 } }
  const kept: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    // Some are answered, one hangs: the process dies between event and delivery, and in the middle of it.
    let answers = 20 + round * 7
    receiver.answer = () => answers-- > 0 ? 204 : undefined
    const running = record(t, audit)
    await until('it delivers, and writes on', () => answers < 0 && running.kept.length > 50)
    await running.kill()
    t.equal(running.refused.length, 0)
    kept.push(...running.kept)
  }
  receiver.answer = () => 204
  const last = record(t, audit, { count: 1 })
  const inFile = await idsIn(path)
  t.same(kept.filter((id) => !inFile.includes(id)), [], 'all are in the file')
  await until('all are delivered', () => {
    const taken = new Set(receiver.taken())
    return last.isDone && kept.every((id) => taken.has(id))
  })
  const verified = await verifyChain([path])
  t.equal(verified.ok, true, JSON.stringify(verified.bad))
  const order = (user: string) => receiver.received.filter(({ event, status }) => event.userId === user && status === 204).map(({ id }) => id)
  const first = [...new Set(order('user-3'))]
  t.same(first, [...first].sort(), 'each user\'s in their order')
  t.comment(`${kept.length} events, ${receiver.received.length} deliveries`)
})

t.test('on a disk that is full in the middle of a line, it says so; there is room again, and the chain goes on', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  // The largest file, in blocks of 512 bytes. Without the signal, writing fails as on a full disk: after a part of the line.
  const full = record(t, { file: { path } }, { count: 60, shell: 'trap "" XFSZ; ulimit -f 20;' })
  await until('it has tried all', () => full.isDone)
  t.ok(full.kept.length > 5, String(full.kept.length))
  t.ok(full.refused.length > 5)
  await full.kill()
  t.match(await verifyChain([path]), { ok: true, notices: [{ message: /not finished/ }] })
  const sink = createFileSink({ path }, createLog())
  sink.write(makeEvent())
  await sink.close(0)
  t.match(await verifyChain([path]), { ok: true, events: full.kept.length + 1, notices: [{ message: /not finished/ }] })
  const inFile = await idsIn(path)
  t.same(inFile.slice(0, -1), full.kept)
})

t.test('events arrive over HTTPS, at a receiver whose certificate is trusted', async (t) => {
  const certificate = createCertificate()
  const dir = t.testdir({ 'ca.pem': certificate.cert })
  const receiver = await startReceiver(t, SECRET, certificate)
  const running = record(t, { webhook: { url: receiver.url, secrets: [SECRET], outbox: { file: join(dir, 'outbox.sqlite') } } }, { count: 3, env: { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') } })
  await until('all are there', () => receiver.taken().length === 3)
  t.same(new Set(receiver.taken()), new Set(running.kept))
})

t.test('a service that is killed right after a sign-in delivers its events when it is back', async (t) => {
  const dir = t.testdir()
  const receiver = await startReceiver(t)
  receiver.answer = () => undefined
  const options = { core: { embedded: { file: join(dir, 'core.sqlite'), config: { bcrypt_log_rounds: 4 } } }, audit: { webhook: { url: receiver.url, secrets: [SECRET], outbox: { file: join(dir, 'outbox.sqlite') } } } }
  const service = await startService(t, options)
  const client = createClient(service.origin)
  t.ok(isOk(await client.signUp()))
  t.ok(isOk(await client.signIn()))
  await service.kill()
  t.equal(receiver.taken().length, 0)
  receiver.answer = () => 204
  const again = await startService(t, options)
  await until('both are there', () => receiver.received.filter(({ event, status }) => event.type === 'first-factor.passed' && status === 204).length === 2)
  t.ok(receiver.received.every(({ event }) => event.userId === client.userId || event.userId === undefined))
  t.equal(await again.terminate(), 0)
})
