import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newPhoneNumber } from '../../src/testing/sign-in.js'
import { freePort } from '../free-port.js'
import { createClient, isOk, type Answer, type Client } from './client.js'
import { age, metadataOf } from './core-data.js'
import { labelOf } from './figures.js'
import { startPhones } from './phones.js'
import { API_KEY, startCore, startService } from './processes.js'
import { startWire } from './wire.js'

const ROUNDS = Number(process.env.FAULTS_ROUNDS ?? 3)
/** Enrolments that are under way when the service dies. */
const TOGETHER = 6
/** To the Core, by one consume that enrols. */
const CALLS = 8

t.test('a service that is killed has forgotten nothing: codes are spent afterwards, and nobody has half a phone', async (t) => {
  const core = await startCore(t, { file: join(t.testdir(), 'core.sqlite'), port: await freePort() })
  const wire = await startWire(t, [core.origin])
  const phones = await startPhones(t)
  const start = () => startService(t, { core: { connectionURI: wire.origin, apiKey: API_KEY }, sms: phones.sms, limits: { sends: false, signIn: false, signUps: false } }, { patient: true })
  let service = await start()

  async function asked (): Promise<Client> {
    const client = createClient(service.origin)
    t.ok(isOk(await client.signUp()) && isOk(await client.ask()))
    return client
  }

  await t.test('killed between code and consume, it takes the code from the session that asked for it, and from no other', async (t) => {
    const alice = await asked()
    await service.kill()
    service = await start()
    const thief = createClient(service.origin, alice)
    t.ok(isOk(await thief.signIn()))
    const code = phones.codeOf(alice.phoneNumber)
    t.equal(labelOf(await thief.consume(code, alice.challenge)), '200 RESTART_FLOW_ERROR', 'in another session of the same account')
    const mallory = createClient(service.origin)
    await mallory.signUp()
    t.equal(labelOf(await mallory.consume(code, alice.challenge)), '200 RESTART_FLOW_ERROR', 'in the session of somebody else')
    const back = alice.at(service.origin)
    t.ok(isOk(await back.consume(code)), 'in its own')
    t.equal((await back.get('/examples/second-factor')).status, 200)
    for (const other of [thief, mallory]) t.not((await other.get('/examples/second-factor')).status, 200)
  })

  const outcomes: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const people = await Promise.all(Array.from({ length: TOGETHER }, asked))
    // Early, in the middle and late among the calls to the Core that they take together.
    let left = 1 + Math.floor((round + Math.random()) / ROUNDS * TOGETHER * CALLS)
    const moment = left
    const killed = new Promise<void>((resolve) => {
      const { kill } = service
      wire.onSend = () => { if (--left === 0) resolve(kill()) }
    })
    const answers = await Promise.all(people.map((client) => client.consume(phones.codeOf(client.phoneNumber))))
    // Whoever was quicker than the moment: then it ends now.
    await (left > 0 ? service.kill() : killed)
    wire.onSend = undefined
    service = await start()
    await Promise.all(people.map((client, index) => settle(t, client, answers[index]!)))
    t.comment(`round ${round}, killed at call ${moment}: ${answers.filter(isOk).length} of ${TOGETHER} enrolments acknowledged`)
  }
  t.comment(Object.entries(outcomes).map(([outcome, count]) => `${count} × ${outcome}`).join(', '))

  /** Whatever had come of it: in the end they have the phone that got the code, or none and enrol their own. */
  async function settle (t: Test, before: Client, answer: Answer): Promise<void> {
    t.ok(isOk(answer) || answer.status === 0, 'done, or without an answer')
    const enrolled = (await metadataOf(core.origin, before.userId)).passwordlessUserId !== undefined
    const unfinished = await age(core.origin, before.userId)
    const outcome = isOk(answer) ? 'acknowledged' : enrolled ? 'enrolled without an answer' : unfinished > 0 ? 'announced only' : 'not enrolled'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (isOk(answer)) t.ok(enrolled, 'what was acknowledged is there')

    const old = before.at(service.origin)
    const client = createClient(service.origin, before)
    t.ok(isOk(await client.signIn()))
    t.equal((await client.get('/examples/second-factor')).status, 403, 'a new session starts without a second factor')
    const stranger = await client.ask(newPhoneNumber())
    if (enrolled) t.match(stranger, { status: 200, body: { status: 'SIGN_IN_UP_NOT_ALLOWED', code: 'AUTH_PHONE_MISMATCH' } }, 'no other phone than the one of the code')
    t.ok(isOk(await client.ask()) && isOk(await client.consume(phones.codeOf(client.phoneNumber))), 'their own phone works')
    t.match(await client.ask(newPhoneNumber()), { status: 200, body: { status: 'SIGN_IN_UP_NOT_ALLOWED', code: 'AUTH_PHONE_MISMATCH' } }, 'and is pinned')
    const { status } = await old.get('/examples/second-factor')
    // It may have been replaced by one that nobody has heard of, or ended by the enrolment just now.
    t.ok(isOk(answer) ? status === 200 : status === 403 || status === 401, `the old session is what it was told to be: ${status}`)
  }
})
