import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../free-port.js'
import { createClient, isOk, type Answer, type Client } from './client.js'
import { createFigures, labelOf } from './figures.js'
import { startPhones } from './phones.js'
import { API_KEY, startCore, startService } from './processes.js'
import { repeat, until } from './until.js'
import { startWire } from './wire.js'

t.test('two replicas behind a balancer: one that is killed takes along what it was at, one that is asked to end takes along nothing', async (t) => {
  const core = await startCore(t, { file: join(t.testdir(), 'core.sqlite'), port: await freePort() })
  const phones = await startPhones(t)
  const options = { core: { connectionURI: core.origin, apiKey: API_KEY }, sms: phones.sms, limits: { sends: false, signIn: false, signUps: false } } as const
  const [doomed, leaving] = await Promise.all([startService(t, options, { patient: true }), startService(t, options, { patient: true })])
  const targets = [doomed.origin, leaving.origin]
  const { origin } = await startWire(t, targets)
  const figures = createFigures()
  let phase: '1 both' | '2 one killed' | '3 replaced' | '4 the other drained' = '1 both'
  const noted = async (kind: string, answer: Promise<Answer>): Promise<Answer> => {
    const begun = phase
    return figures.add(`${begun}: ${kind}`, await answer)
  }

  async function enrol (): Promise<Client> {
    const client = createClient(origin)
    if (isOk(await noted('sign-up', client.signUp())) && isOk(await noted('code', client.ask()))) await noted('consume', client.consume(phones.codeOf(client.phoneNumber)))
    return client
  }
  const clients = await Promise.all(Array.from({ length: 4 }, enrol))
  const load = [...clients.map((client) => repeat(() => noted('guarded', client.get('/examples/second-factor')))), repeat(enrol), repeat(enrol)]
  const served = (kind: string, count: number) => until(`${count} × ${phase}: ${kind}`, () => figures.of(`${phase}: ${kind}`).length >= count)

  await served('consume', 6)
  phase = '2 one killed'
  await doomed.kill()
  await served('consume', 4)
  targets[0] = (await startService(t, options, { patient: true })).origin
  phase = '3 replaced'
  await served('consume', 4)
  phase = '4 the other drained'
  // As in every rolling update: nothing new is sent to it, then it is asked to end.
  targets.pop()
  t.equal(await leaving.terminate(), 0)
  await served('consume', 4)
  await Promise.all(load.map(({ stop }) => stop()))
  figures.comment(t)

  const failed = (begun: string) => ['guarded', 'sign-up', 'code', 'consume']
    .flatMap((kind) => figures.of(`${begun}: ${kind}`)).filter((answer) => !['200', '200 OK'].includes(labelOf(answer)))
  const lost = [...failed('1 both'), ...failed('2 one killed')]
  t.comment(`${lost.length} requests lost with the replica that was killed, of at most ${load.length} in flight`)
  t.ok(lost.length <= load.length, 'at most what was in flight')
  t.ok(lost.every(({ status }) => status === 0))
  for (const begun of ['3 replaced', '4 the other drained']) t.strictSame(failed(begun), [], begun)
})
