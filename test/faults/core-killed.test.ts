import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../free-port.js'
import { newPhoneNumber } from '../../src/testing/sign-in.js'
import { createClient, isOk, isOutage, type Answer, type Client } from './client.js'
import { age, metadataOf } from './core-data.js'
import { createFigures, labelOf } from './figures.js'
import { startPhones } from './phones.js'
import { API_KEY, startCore, startService } from './processes.js'
import { repeat, until } from './until.js'

/** Of what needs the Core. */
const RIGHT_ANSWERS = {
  'sign-up': '200 OK', 'sign-in': '200 OK', code: '200 OK', consume: '200 OK', 'wrong code': '200 INCORRECT_USER_INPUT_CODE_ERROR', refresh: '200', 'guarded, asks the Core': '200'
}

t.test('a Core that is killed under load and comes back: sessions carry on, nobody waits, nothing acknowledged is lost', async (t) => {
  const [file, port] = [join(t.testdir(), 'core.sqlite'), await freePort()]
  const connection = { connectionURI: `http://127.0.0.1:${port}`, apiKey: API_KEY }
  const core = await startCore(t, { file, port })
  const phones = await startPhones(t)
  const { origin } = await startService(t, { core: connection, sms: phones.sms, limits: { sends: false, signIn: false, signUps: false } }, { patient: true })
  const figures = createFigures()
  let phase: '1 before' | '2 down' | '3 after' = '1 before'
  const noted = async (kind: string, answer: Promise<Answer>): Promise<Answer> => {
    const begun = phase
    return figures.add(`${begun} ${kind}`, await answer)
  }
  const enrolled: Client[] = []
  /** The right code was sent in, and no answer came: both outcomes are right. */
  const inDoubt: Client[] = []
  /** First factor only: never a right code. */
  const halfway = new Set<Client>()

  let spending = 0
  async function enrol (): Promise<Client> {
    const client = createClient(origin)
    if (!isOk(await noted('sign-up', client.signUp()))) return client
    halfway.add(client)
    if (!isOk(await noted('code', client.ask()))) return client
    halfway.delete(client)
    spending++
    const answer = await noted('consume', client.consume(phones.codeOf(client.phoneNumber)))
    spending--
    ;(isOk(answer) ? enrolled : inDoubt).push(client)
    return client
  }

  async function guess (): Promise<void> {
    const client = createClient(origin)
    if (!isOk(await noted('sign-up', client.signUp()))) return
    halfway.add(client)
    if (!isOk(await noted('code', client.ask()))) return
    const [first, ...rest] = phones.codeOf(client.phoneNumber)
    await noted('wrong code', client.consume([(Number(first) + 1) % 10, ...rest].join('')))
  }

  const settled = await Promise.all(Array.from({ length: 4 }, enrol))
  t.equal(enrolled.length, 4)
  const [guarded, refreshed] = [settled.slice(0, 3), settled[3]!]
  for (const client of guarded) t.equal((await client.get('/examples/second-factor')).status, 200)
  const returning = { email: guarded[0]!.email, phoneNumber: guarded[0]!.phoneNumber }
  const onlyPassword = createClient(origin, returning)
  await onlyPassword.signIn()
  const forged = createClient(origin)
  forged.tokens.access = guarded[0]!.tokens.access.replace(/\.[^.]+$/, `.${guarded[1]!.tokens.access.split('.')[2]}`)

  const load = [
    ...guarded.map((client) => repeat(() => noted('guarded', client.get('/examples/second-factor')))),
    repeat(() => noted('guarded, asks the Core', guarded[0]!.get('/me'))),
    repeat(() => noted('guarded, without a second factor', onlyPassword.get('/examples/second-factor'))),
    repeat(() => noted('guarded, forged', forged.get('/examples/second-factor'))),
    repeat(() => noted('refresh', refreshed.refresh())),
    repeat(() => noted('sign-in', createClient(origin, returning).signIn())),
    repeat(enrol), repeat(enrol), repeat(guess)
  ]
  await until('enrolments, and one under way', () => enrolled.length >= 8 && spending > 0)
  phase = '2 down'
  await core.kill()
  // Before it is back: nobody is kept waiting for it.
  await until('sign-ins that are refused', () => figures.of('2 down sign-in').filter((answer) => isOutage(answer, 'AUTH_CORE_UNAVAILABLE')).length >= 25)
  const [ready, health] = [await createClient(origin).get('/ready'), await createClient(origin).get('/health')]
  const comeBack = await startCore(t, { file, port })
  const before = enrolled.length
  phase = '3 after'
  await until('enrolments after', () => enrolled.length >= before + 5)
  await Promise.all(load.map(({ stop }) => stop()))
  figures.comment(t)

  for (const phase of ['1 before', '2 down', '3 after']) {
    t.strictSame(Object.keys(figures.labels(`${phase} guarded`)), ['200'], 'valid tokens open what they opened')
    t.strictSame(Object.keys(figures.labels(`${phase} guarded, without a second factor`)), ['403'])
    t.strictSame(Object.keys(figures.labels(`${phase} guarded, forged`)), ['401'])
    for (const [kind, rightly] of Object.entries(RIGHT_ANSWERS)) {
      const wrong = figures.of(`${phase} ${kind}`).filter((answer) => labelOf(answer) !== rightly && !isOutage(answer, 'AUTH_CORE_UNAVAILABLE'))
      t.strictSame(wrong, [], `${phase}: ${kind} is done, or refused cleanly`)
    }
  }
  t.match(ready, { status: 503, body: { status: 'unavailable', reasons: ['core'] } })
  t.equal(health.status, 200)

  t.comment(`${enrolled.length} enrolments acknowledged, ${inDoubt.length} in doubt, ${halfway.size} without a right code`)
  await Promise.all(enrolled.map(async (client) => {
    t.type((await metadataOf(comeBack.origin, client.userId)).passwordlessUserId, 'string')
    const again = createClient(origin, client)
    t.ok(isOk(await again.signIn()))
    t.match(await again.ask(newPhoneNumber()), { status: 200, body: { status: 'SIGN_IN_UP_NOT_ALLOWED', code: 'AUTH_PHONE_MISMATCH' } }, 'still pinned')
    t.ok(isOk(await again.ask()) && isOk(await again.consume(phones.codeOf(client.phoneNumber))), 'and still works')
  }))
  await Promise.all(inDoubt.map(async (client) => {
    t.equal((await client.get('/examples/second-factor')).status, 403, 'nobody has told them that they are through')
    await age(comeBack.origin, client.userId)
    const again = createClient(origin, client)
    t.ok(isOk(await again.signIn()))
    t.ok(isOk(await again.ask()) && isOk(await again.consume(phones.codeOf(client.phoneNumber))), 'who was in doubt has their own phone')
  }))
  for (const client of halfway) t.equal((await client.get('/examples/second-factor')).status, 403)
  t.equal((await onlyPassword.get('/examples/second-factor')).status, 403)
  t.ok((await refreshed.get('/examples/second-factor')).status === 200, 'a refresh whose answer was lost is repeated')
})
