import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../free-port.js'
import { createClient, isOk, isOutage, type Answer, type Client } from '../faults/client.js'
import { createFigures } from '../faults/figures.js'
import { startPhones } from '../faults/phones.js'
import { API_KEY, startCore, startService } from '../faults/processes.js'
import { repeat, until } from '../faults/until.js'
import { startRedis } from './redis-server.js'

const PER_WAIT = 4
const LOCK_AFTER = 8

t.test('a Redis that is killed under load and comes back empty: closed meanwhile, and who was locked stays locked', async (t) => {
  const port = await freePort()
  let redis = await startRedis(port)
  t.teardown(() => redis.kill())
  const core = await startCore(t, { file: join(t.testdir(), 'core.sqlite'), port: await freePort() })
  const phones = await startPhones(t)
  const { origin } = await startService(t, {
    core: { connectionURI: core.origin, apiKey: API_KEY },
    sms: phones.sms,
    limits: { redisUrl: `redis://127.0.0.1:${port}`, sends: { cooldown: 0, perAddressInTenMinutes: 1000, unansweredPerNetwork: 1000 }, signUps: false, failures: { triesPerWait: PER_WAIT, waits: [1], lockAfter: LOCK_AFTER } }
  }, { preloads: [new URL('./patience.js', import.meta.url).href] })
  const figures = createFigures()

  const wrong = (client: Client): Promise<Answer> => {
    const [first, ...rest] = phones.codeOf(client.phoneNumber)
    return client.consume([(Number(first) + 1) % 10, ...rest].join(''))
  }
  async function newClient (): Promise<Client> {
    const client = createClient(origin)
    t.ok(isOk(await client.signUp()) && isOk(await client.ask()))
    return client
  }
  /** Wrong codes until so many have been compared; waits and used-up codes in between count for nothing. */
  async function guess (client: Client, count: number): Promise<void> {
    let compared = 0
    await until(`${count} wrong codes`, async () => {
      const { status } = (await wrong(client)).body
      if (status === 'INCORRECT_USER_INPUT_CODE_ERROR' || status === 'RESTART_FLOW_ERROR') compared++
      if (status === 'RESTART_FLOW_ERROR') await client.ask()
      return compared === count
    })
  }
  const isLocked = ({ body }: Answer): boolean => body.code === 'AUTH_LIMIT_REACHED' && body.message?.includes('locked') === true

  await until('the service has found its Redis', async () => (await createClient(origin).get('/ready')).status === 200)
  const alice = await newClient()
  t.ok(isOk(await alice.consume(phones.codeOf(alice.phoneNumber))))
  const [bob, locked, guesser] = await Promise.all([newClient(), newClient(), newClient()])
  await guess(locked, LOCK_AFTER)
  t.ok(isLocked(await locked.consume(phones.codeOf(locked.phoneNumber))))
  // One wait behind them, and two more tries which only Redis has counted.
  await guess(guesser, PER_WAIT + 2)

  let phase: '1 before' | '2 away' | '3 after' = '1 before'
  const noted = async (kind: string, answer: Promise<Answer>): Promise<Answer> => {
    const begun = phase
    return figures.add(`${begun}: ${kind}`, await answer)
  }
  const load = [
    repeat(() => noted('guarded', alice.get('/examples/second-factor'))),
    repeat(() => noted('refresh', alice.refresh())),
    repeat(() => noted('sign-in', createClient(origin, alice).signIn())),
    repeat(() => noted('sign-up', createClient(origin).signUp()))
  ]
  await until('sign-ins', () => figures.of('1 before: sign-in').length >= 5)
  await redis.kill()
  phase = '2 away'
  const code = await noted('code', bob.ask())
  const consume = await noted('consume', bob.consume(phones.codeOf(bob.phoneNumber)))
  await until('sign-ins that are refused', () => figures.of('2 away: sign-in').length >= 20)
  redis = await startRedis(port)
  phase = '3 after'
  await until('sign-ins work again', () => figures.of('3 after: sign-in').some(isOk))
  await Promise.all(load.map(({ stop }) => stop()))
  figures.comment(t)

  for (const answer of [code, consume]) t.ok(isOutage(answer, 'AUTH_LIMITS_UNAVAILABLE'))
  const signIns = ['1 before', '2 away', '3 after'].flatMap((phase) => figures.of(`${phase}: sign-in`))
  t.strictSame(signIns.filter((answer) => !isOk(answer) && !isOutage(answer, 'AUTH_LIMITS_UNAVAILABLE')), [], 'counted, or refused')
  t.notOk(figures.of('2 away: sign-in').slice(1, -1).some(isOk), 'nobody signs in uncounted')
  for (const phase of ['1 before', '2 away', '3 after']) {
    t.strictSame(Object.keys(figures.labels(`${phase}: guarded`)), ['200'], 'who is signed in notices nothing')
    t.strictSame(Object.keys(figures.labels(`${phase}: refresh`)), ['200'])
    t.strictSame(Object.keys(figures.labels(`${phase}: sign-up`)), ['200 OK'])
  }
  t.ok(isOk(await bob.consume(phones.codeOf(bob.phoneNumber))), 'the code that could not be tried works')
  t.ok(isLocked(await locked.consume(phones.codeOf(locked.phoneNumber))), 'the lock is in the Core')
  t.ok(isLocked(await locked.ask()))

  let more = 0
  await until('the guesser is locked', async () => {
    const answer = await wrong(guesser)
    if (answer.body.status === 'INCORRECT_USER_INPUT_CODE_ERROR' || answer.body.status === 'RESTART_FLOW_ERROR') more++
    if (answer.body.status === 'RESTART_FLOW_ERROR') await guesser.ask()
    return isLocked(answer)
  })
  t.comment(`a Redis without persistence has forgotten ${PER_WAIT + 2 + more - LOCK_AFTER} wrong codes of one person, of at most ${PER_WAIT - 1} since the last wait; those before it are in the Core`)
  t.equal(more, LOCK_AFTER - PER_WAIT, 'what was counted up to the last wait is not forgotten')
})
