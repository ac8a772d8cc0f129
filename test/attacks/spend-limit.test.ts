import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import type { AuditEvent, SmsMessage } from '../../src/index.js'
import type { ServiceOptions } from '../../src/app.js'
import { newPhoneNumber, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { scrape } from '../metrics/scrape.js'

const clock = stopClock()

/** Ten messages a day, four of which are kept for owners. Everything else that limits messages is out of the way. */
const sent: SmsMessage[] = []
const provider = { isDown: false }
const spend = { prices: { default: 0.5, US: 0.1, DE: 0.05 }, perDay: 1, keptPercent: 40, currency: 'EUR' }
const build = async (t: Test, more: Partial<ServiceOptions> = {}, fastify: object = {}): Promise<FastifyInstance> => {
  sent.length = 0
  provider.isDown = false
  return await buildApp(t, {
    limits: {
      signIn: false,
      signUps: false,
      sends: { unansweredPerNetwork: 10_000, unansweredPerRange: 10_000, unansweredPerMillion: 10_000, unansweredPerCountry: 10_000, unansweredElsewhere: 10_000, cooldown: 0 },
      spend
    },
    sms: {
      name: 'counting',
      async send (message) {
        if (provider.isDown) throw new Error('down')
        sent.push(message)
      }
    },
    ...more
  }, fastify)
}

let clients = 0
const newAddress = (): string => `203.0.${Math.floor(clients / 250)}.${clients++ % 250}`

function ask (user: SignedInUser, phoneNumber = user.phoneNumber): Promise<LightMyRequestResponse> {
  return user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber }, remoteAddress: newAddress() })
}

const limitsIn = (events: AuditEvent[]): unknown[] => events.filter(({ type }) => type.startsWith('limit.')).map(({ type, reason }) => [type, reason])

const answer = async ({ session }: SignedInUser, asked: LightMyRequestResponse): Promise<unknown> => {
  const { deviceId, preAuthSessionId } = asked.json<Record<string, string>>()
  return (await session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: { deviceId, preAuthSessionId, userInputCode: sent.at(-1)!.code } })).json().status
}

/** People who enrolled the day before. */
async function owners (app: FastifyInstance, count: number): Promise<SignedInUser[]> {
  const found: SignedInUser[] = []
  for (let i = 0; i < count; i++) {
    const user = await signUp(app)
    t.equal(await answer(user, await ask(user)), 'OK')
    found.push(user)
  }
  clock.pass(86_400)
  sent.length = 0
  return found
}

/** As many new accounts with new numbers as are asked for. @returns how many got a message */
async function burn (app: FastifyInstance, count: number): Promise<number> {
  for (let i = 0; i < count; i++) await ask(await signUp(app), newPhoneNumber())
  return sent.length
}

t.test('attack: a stranger burns the money of the day by enrolments; whoever has an account still signs in', async (t) => {
  const app = await build(t)
  const [alice, bob] = await owners(app, 2)
  const events = recordAudit(t)
  t.equal(await burn(app, 9), 6, 'all but what is kept')
  t.strictSame(limitsIn(events), [['limit.near', 'text messages: 0.70 of 1.00 EUR in a day; only numbers that have answered a code get one']])
  const newcomer = await signUp(app)
  const refused = await ask(newcomer)
  t.equal(refused.statusCode, 200)
  t.match(refused.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', code: 'AUTH_LIMIT_REACHED', message: /^Codes cannot be sent to numbers like this one at the moment\. Try again in \d+ hours?\.$/ })
  t.ok(Number(refused.headers['retry-after']) <= 86_400)

  for (const owner of [alice!, bob!]) {
    const back = await signIn(app, owner)
    t.equal(await answer(back, await ask(back)), 'OK')
  }
  t.equal(sent.length, 8)

  clock.pass(86_400)
  t.equal((await ask(await signUp(app))).json().status, 'OK', 'the next day has its own')
})

t.test('attack: whoever has one phone and many accounts gets four messages of what is kept, and the others what is left', async (t) => {
  const app = await build(t)
  const [mallory, alice] = await owners(app, 2)
  const accounts = [mallory!]
  for (let i = 0; i < 2; i++) {
    const account = await signUp(app, { phoneNumber: mallory!.phoneNumber })
    t.equal(await answer(account, await ask(account)), 'OK')
    accounts.push(account)
  }
  clock.pass(86_400)
  sent.length = 0
  t.equal(await burn(app, 7), 6)
  let got = 0
  for (let i = 0; i < 3; i++) for (const account of accounts) if ((await ask(await signIn(app, account))).json().status === 'OK') got++
  t.equal(got, 4)
  const back = await signIn(app, alice!)
  t.match((await ask(back)).json(), { code: 'AUTH_LIMIT_REACHED', message: /^Too many codes were sent\./ }, 'all of it is spent: then nobody gets one')
})

t.test('at the end of the money nobody gets a message, and the operator hears of it once', async (t) => {
  const app = await build(t)
  const people = await owners(app, 6)
  await burn(app, 7)
  const events = recordAudit(t)
  const answers: string[] = []
  for (const person of people) answers.push((await ask(await signIn(app, person))).json().status)
  t.strictSame(answers.map((status) => status === 'OK'), [true, true, true, true, false, false])
  t.strictSame(limitsIn(events), [['limit.reached', 'text messages: 1.00 of 1.00 EUR in a day; nobody gets one']])
})

t.test('a hundred requests at once spend no more than there is', async (t) => {
  const app = await build(t)
  const users = await Promise.all(Array.from({ length: 20 }, () => signUp(app)))
  await Promise.all(users.map((user) => ask(user)))
  t.equal(sent.length, 6)
})

t.test('each country has its price, and what no provider has taken costs nothing', async (t) => {
  const app = await build(t)
  provider.isDown = true
  for (let i = 0; i < 8; i++) await ask(await signUp(app))
  provider.isDown = false
  const to = async (number: string): Promise<boolean> => (await ask(await signUp(app), number)).json().status === 'OK'
  t.ok(await to('+447912345678'), 'the default')
  t.notOk(await to('+447912345679'), 'a second one would be more than strangers have')
  t.ok(await to('+4915112345678'))
  t.notOk(await to(newPhoneNumber()))
  t.ok(await to('+4915112345679'))
  t.notOk(await to('+4915112345670'), 'no more is left')
})

t.test('the limit, prices and countries change in place: what was spent stays spent, metrics and the log say how much', async (t) => {
  const lines: Array<{ level: number, audit?: AuditEvent }> = []
  const app = await build(t, { metrics: true }, { logger: { level: 'info', stream: { write (line: string) { lines.push(JSON.parse(line)) } } } })
  const money = async (): Promise<number[]> => {
    const { value } = await scrape(app)
    return ['sms_spend', 'sms_spend_limit'].map((name) => value(name, { currency: 'EUR' }))
  }
  t.strictSame(await money(), [0, 1])
  await burn(app, 7)
  t.strictSame(await money(), [0.6, 1])
  t.strictSame(lines.filter(({ audit }) => audit?.type === 'limit.near').map(({ level }) => level), [40])

  await app.twoFactor.reload({ limits: { spend: { ...spend, perDay: 2 } } })
  t.equal(await burn(app, 7), 12, 'six more of the second Euro')
  t.strictSame(await money(), [1.2, 2])
  t.equal(lines.filter(({ audit }) => audit?.type === 'limit.near').length, 2, 'of another limit, it is said again')

  await app.twoFactor.reload({ limits: { countries: ['DE'], spend: { prices: { default: 0.01 }, currency: 'EUR' } } })
  t.strictSame(await money(), [1.2, 0], 'without a limit, it is counted still')
  await app.twoFactor.reload({ limits: {} })
  await t.rejects(app.twoFactor.reload({ limits: { spend: { ...spend, perDay: 0.1 } } }), { code: 'AUTH_OPTIONS_INVALID' })
  await t.rejects(app.twoFactor.reload({ limits: false }), { code: 'AUTH_OPTIONS_INVALID' })
  t.not((await ask(await signUp(app), newPhoneNumber())).json().status, 'OK', 'of another country')
  t.equal((await ask(await signUp(app), '+4915112345678')).json().status, 'OK')
  t.strictSame(await money(), [1.21, 0])
})
