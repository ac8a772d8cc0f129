import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../free-port.js'
import { createClient, isOk, isOutage, type Answer, type Client } from './client.js'
import { createFigures } from './figures.js'
import { startPhones } from './phones.js'
import { API_KEY, startCore, startService } from './processes.js'
import { repeat, until } from './until.js'
import { startWire } from './wire.js'

const DELAY_MS = 150
const many = (work: () => Promise<Answer>): Promise<Answer[]> => Promise.all(Array.from({ length: 8 }, work))

t.test('a Core that is slow is waited for; one that hangs costs the first callers five seconds, and the others nothing', async (t) => {
  const core = await startCore(t, { file: join(t.testdir(), 'core.sqlite'), port: await freePort() })
  const wire = await startWire(t, [core.origin])
  const phones = await startPhones(t)
  const { origin } = await startService(t, { core: { connectionURI: wire.origin, apiKey: API_KEY }, sms: phones.sms, limits: { sends: false, signIn: false, signUps: false } })
  const figures = createFigures()

  const enrol = async (): Promise<Client> => {
    const client = createClient(origin)
    t.ok(isOk(await client.signUp()) && isOk(await client.ask()) && isOk(await client.consume(phones.codeOf(client.phoneNumber))))
    return client
  }
  const alice = await enrol()
  t.equal((await alice.get('/examples/second-factor')).status, 200)
  const guarded = repeat(async () => figures.add('guarded, throughout', await alice.get('/examples/second-factor')))
  const signIn = async (kind: string): Promise<Answer> => figures.add(kind, await createClient(origin, alice).signIn())

  wire.delay(DELAY_MS)
  t.ok((await many(() => signIn('1 slow'))).every(isOk), 'slowly, but it works')
  t.ok(figures.times('1 slow').median > DELAY_MS)

  wire.hang()
  const first = await many(() => signIn('2 hanging, first'))
  t.ok(first.every((answer) => isOutage(answer, 'AUTH_CORE_UNAVAILABLE')))
  // Nothing has come through the wire since: it was the time limit that answered them.
  let asked = 0
  wire.onSend = () => { asked++ }
  const others = await many(() => signIn('3 hanging, others'))
  wire.onSend = undefined
  t.ok(others.every((answer) => isOutage(answer, 'AUTH_CORE_UNAVAILABLE')))
  // One of them may be the one that finds out.
  t.ok(asked < others.length, `refused without asking the Core: it was asked ${asked} times for ${others.length} sign-ins`)
  t.match(await createClient(origin).get('/ready'), { status: 503 })
  t.match(await createClient(origin).get('/health'), { status: 200 })

  wire.delay(0)
  const start = performance.now()
  await until('sign-ins work again', async () => isOk(await signIn('4 recovering')))
  t.comment(`back after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  await enrol()
  await guarded.stop()
  figures.comment(t)
  t.strictSame(Object.keys(figures.labels('guarded, throughout')), ['200'])
})
