import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import { newPhoneNumber, passSecondFactor, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { createKeys } from '../../src/limits/keys.js'
import { networksOf } from '../../src/limits/network.js'
import { createNewNumbers } from '../../src/limits/new-numbers.js'
import { resolveLimits } from '../../src/limits/resolve.js'
import { createMemoryStore } from '../../src/limits/store.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** Numbers that a test can reach. */
const build = (t: Test) => buildApp(t, {
  limits: {
    signIn: false,
    signUps: false,
    sends: { unansweredPerNetwork: 5, unansweredPerRange: 4, unansweredPerMillion: 10, unansweredPerCountry: 12, unansweredElsewhere: 8, newNumbersPerHour: 30, newNumbersPerDay: 40 }
  }
})

let clients = 0
/** From a client address that nobody has used. */
const newAddress = (): string => `203.0.${Math.floor(clients / 250)}.${clients++ % 250}`

function ask (user: SignedInUser, phoneNumber: string, remoteAddress = newAddress()): Promise<LightMyRequestResponse> {
  return user.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber }, remoteAddress })
}

/** A new account, number and address for every message. */
async function pump (app: FastifyInstance, numberOf: (index: number) => string, count: number): Promise<number> {
  let sent = 0
  for (let i = 0; i < count; i++) {
    if ((await ask(await signUp(app), numberOf(i))).json().status === 'OK') sent++
    // Slower than any pace of what is slowed, so that only what is closed refuses.
    clock.pass(601)
  }
  return sent
}

const REFUSED = { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /^Codes cannot be sent to numbers like this one at the moment\. Try again in \d+ (hour|minute)s?\.$/ }
/** So that a country is one of ours: people answered yesterday, and do today. */
async function enrolSome (app: FastifyInstance): Promise<void> {
  const enrolThree = async () => {
    for (const area of ['213', '312', '646']) await signInWithSecondFactor(app, { phoneNumber: `+1${area}${newPhoneNumber().slice(5)}` })
  }
  await enrolThree()
  clock.pass(86_400)
  await enrolThree()
}
const ABROAD = ['+9945012345', '+9989012345', '+8801712345', '+6281212345', '+2348031234', '+923012345', '+9477123456', '+25471234567', '+9665012345', '+21261234567']
const abroad = (i: number): string => `${ABROAD[i % ABROAD.length]}${String(10 + i)}`.slice(0, 14)
const AREAS = [212, 213, 312, 415, 646, 202, 305, 617, 713, 702, 206, 503, 404, 512, 919, 801]
const inRange = (i: number): string => `+1415555${String(i).padStart(4, '0')}`

t.test('no code goes to numbers that cost their caller, or that no person has', async (t) => {
  const app = await build(t)
  for (const [kind, phoneNumber] of [
    ['premium', '+19002345678'], ['premium and unassigned', '+19001234567'], ['toll-free', '+18005550123'], ['shared cost', '+611300123456'],
    ['a pager', '+447601234567'], ['personal', '+447012345678'], ['a satellite phone', '+881612345678'], ['Inmarsat', '+870773111632'],
    ['an international network', '+882123456789'], ['universal access', '+80012345678']
  ] as const) {
    await t.test(`${kind} (${phoneNumber})`, async (t) => {
      const answer = (await ask(await signUp(app), phoneNumber)).json()
      t.equal(answer.reason, answer.message)
      t.equal(answer.status, 'SIGN_IN_UP_NOT_ALLOWED')
      t.match(answer.message, /^(Codes cannot be sent to this kind of number\. Please use a mobile number\.|Phone number is invalid)$/)
      t.same(app.twoFactor.outbox.entries(), [])
    })
  }
})

t.test('codes go to mobiles and landlines, which many countries do not tell apart', async (t) => {
  const app = await build(t)
  for (const phoneNumber of ['+12125550123', '+447912345678', '+441212345678', '+4915112345678', '+447624123456', '+5511961234567']) {
    t.equal((await ask(await signUp(app), phoneNumber)).json().status, 'OK', phoneNumber)
    clock.pass(601)
  }
})

t.test('a range whose numbers never answer is closed, and said to the operator; a pinned phone in it is not touched', async (t) => {
  const app = await build(t)
  await enrolSome(app)
  const owner = await signInWithSecondFactor(app, { phoneNumber: inRange(7777) })
  const events = recordAudit(t)
  // The owner's answer lets one and a half more pass.
  t.equal(await pump(app, inRange, 12), 5)
  const stranger = await signUp(app)
  const refused = await ask(stranger, inRange(99))
  t.equal(refused.statusCode, 200)
  t.match(refused.json(), REFUSED)
  t.ok(Number(refused.headers['retry-after']) <= 43_200)
  t.same(events.filter(({ type }) => type === 'limit.reached').map(({ reason }) => reason), ['numbers +1415555••••: 5 messages without an answer, 1 with one'])
  t.ok(events.some(({ type, reason }) => type === 'limit.near' && reason?.startsWith('numbers +1415555••••')))

  const back = await signIn(app, owner)
  t.equal((await ask(back, owner.phoneNumber)).json().status, 'OK')
  clock.pass(86_400)
  t.equal((await ask(await signUp(app), inRange(99))).json().status, 'OK', 'a day later it is open again')
})

t.test('a crowd that arrives within one minute closes nothing: it is slowed until people answer', async (t) => {
  const app = await build(t)
  await enrolSome(app)
  const crowd = await Promise.all(AREAS.map((_, i) => signUp(app, { phoneNumber: `+1${AREAS[i]}555${1000 + i}` })))
  const answers = await Promise.all(crowd.map((user) => ask(user, user.phoneNumber)))
  const waiting = crowd.filter((_, i) => answers[i]!.json().status !== 'OK')
  t.ok(waiting.length > 0 && waiting.length < 8, String(waiting.length))
  for (const { headers } of answers) if ('retry-after' in headers) t.ok(Number(headers['retry-after']) <= 120)
  for (const user of crowd.filter((one) => !waiting.includes(one))) {
    const { deviceId, preAuthSessionId } = answers[crowd.indexOf(user)]!.json()
    const payload = { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(user.phoneNumber)?.code }
    t.equal((await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload })).json().status, 'OK')
  }
  for (const user of waiting) {
    clock.pass(120)
    await passSecondFactor(app, user)
  }
})

t.test('a pump over many ranges of one country closes the country, but not for networks from which people passed', async (t) => {
  const app = await build(t)
  await enrolSome(app)
  const alice = await signInWithSecondFactor(app)
  const sent = await pump(app, (i) => `+1${AREAS[i % AREAS.length]}${i < AREAS.length ? 556 : 557}${String(2000 + i)}`, 32)
  // Twelve, one and a half for each of the four who enrolled, and three whose messages counted elsewhere.
  t.ok(sent >= 12 && sent <= 21, String(sent))
  const newcomer = await signUp(app)
  t.match((await ask(newcomer, newPhoneNumber())).json(), REFUSED)
  t.equal((await ask(await signIn(app, alice), alice.phoneNumber)).json().status, 'OK', 'a pinned phone')
  t.equal((await ask(newcomer, newPhoneNumber(), '127.0.0.1')).json().status, 'OK', 'a newcomer at home')
})

t.test('a pump over many countries shares one allowance; countries where people answer are not among them', async (t) => {
  const app = await build(t)
  await enrolSome(app)
  t.equal(await pump(app, abroad, 30), 8)
  t.equal((await ask(await signUp(app), newPhoneNumber())).json().status, 'OK')
})

t.test('new numbers have a ceiling in all, even where all of them answer', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  let enrolled = 0
  for (let i = 0; i < 34; i++) {
    const user = await signUp(app, { phoneNumber: newPhoneNumber() })
    const asked = await ask(user, user.phoneNumber)
    if (asked.json().status !== 'OK') continue
    const { deviceId, preAuthSessionId } = asked.json()
    const payload = { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(user.phoneNumber)?.code }
    await user.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload, remoteAddress: newAddress() })
    enrolled++
    clock.pass(30)
  }
  t.equal(enrolled, 30)
  t.same(events.filter(({ type }) => type.startsWith('limit.')).map(({ type, reason }) => `${type} ${reason}`), [
    'limit.near messages to new numbers: 15 of 30 in an hour',
    'limit.near messages to new numbers: 20 of 40 in a day',
    'limit.reached messages to new numbers: 30 of 30 in an hour'
  ])
})

const NETWORK_REFUSED = { status: 'SIGN_IN_UP_NOT_ALLOWED', message: 'Too many codes from your network were not answered. Please use another network, or wait. Try again in 10 minutes.' }

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`one address that nobody answers is refused long before a country closes (${transferMethod} sessions)`, async (t) => {
    const app = await build(t)
    const answers = []
    for (let i = 0; i < 9; i++) answers.push(await ask(await signUp(app, { transferMethod }), abroad(i), '198.51.100.66'))
    t.same(answers.map((answer) => answer.json().status), [...Array(4).fill('OK'), ...Array(5).fill('SIGN_IN_UP_NOT_ALLOWED')])
    t.equal(answers[8]!.statusCode, 200)
    t.same(answers[8]!.json(), { ...NETWORK_REFUSED, reason: NETWORK_REFUSED.message, code: 'AUTH_LIMIT_REACHED' })
    t.equal(answers[8]!.headers['retry-after'], '600')
    t.equal((await ask(await signUp(app), abroad(20), '198.51.100.67')).json().status, 'OK', 'a neighbour')
  })
}

t.test('a range that strangers close: not for networks from which people passed, and nobody learns who has asked there', async (t) => {
  const app = await build(t)
  await enrolSome(app)
  const alice = await signUp(app)
  t.equal((await ask(alice, inRange(5000), '198.51.100.70')).json().status, 'OK')
  clock.pass(601)
  t.equal(await pump(app, inRange, 4), 3)
  const strangers = [await signUp(app), await signUp(app)]
  const answers = await Promise.all([inRange(5000), inRange(99)].map((number, i) => ask(strangers[i]!, number)))
  for (const answer of answers) t.match(answer.json(), REFUSED)
  t.equal(answers[0]!.body, answers[1]!.body, 'a number that was asked is like any other')
  t.equal((await ask(alice, inRange(5000), '198.51.100.70')).json().status, 'OK', 'whoever asked before may have the code sent again')
  const newcomer = await signUp(app)
  t.equal((await ask(newcomer, inRange(4242), '127.0.0.1')).json().status, 'OK', 'a newcomer where somebody passed')
})

const rules = resolveLimits(undefined)
if (rules === false || rules.sends === false) throw new Error('the default options must include limits')
const { sends } = rules
const unlimited = 1_000_000
/** Asks as often as it is told, each time with a new account and for a new number. Resolves with how many were sent. */
function createPump (given: Partial<typeof sends> = {}) {
  const newNumbers = createNewNumbers({ store: createMemoryStore(), keys: createKeys(''), report: () => {}, rules: { ...sends, ...given } })
  let next = 0
  const asks = async (ip: string, numberOf: (index: number) => string, count: number): Promise<string[]> => {
    const sent = []
    for (let i = 0; i < count; i++, next++) {
      const number = numberOf(next)
      if (await newNumbers.reserve(number, networksOf(ip), `account-${next}`).then(() => true, () => false)) sent.push(number)
      clock.pass(61)
    }
    return sent
  }
  return { newNumbers, asks }
}
/** Each in a range of its own. */
const spread = (i: number): string => `+9989${String(i % 10)}${String(10_000_000 + i * 10_007).slice(1)}`

t.test('twenty addresses close no country, with the limits of production', async (t) => {
  const { asks } = createPump()
  let sent = 0
  for (let i = 0; i < 20; i++) sent += (await asks(`203.0.113.${i}`, spread, 11)).length
  t.ok(sent <= 105, `${sent} of the 120 that all such countries share`)
  t.equal((await asks('198.51.100.1', spread, 1)).length, 1)
})

t.test('an address gets ten, a /56 twice, a /48 four times as many; two numbers in a range of 10,000, a quarter of a million', async (t) => {
  const wide = { unansweredElsewhere: unlimited, unansweredPerMillion: unlimited, unansweredPerRange: unlimited, newNumbersPerHour: unlimited, newNumbersPerDay: unlimited }
  const { asks } = createPump(wide)
  t.equal((await asks('203.0.113.1', spread, 13)).length, 10)
  t.equal((await asks('2001:db8:1:1::1', spread, 13)).length, 10)
  t.equal((await Promise.all([2, 3, 4].map((group) => asks(`2001:db8:1:${group}::1`, spread, 6)))).flat().length, 10, 'what the /56 has left')
  let site = 0
  for (let i = 0; i < 10; i++) site += (await asks(`2001:db8:2:${i}00::1`, spread, 6)).length
  t.equal(site, 40)
  for (const ip of ['203.0.113.2', '2001:db8:3::1']) {
    const narrow = createPump()
    t.equal((await narrow.asks(ip, (i) => `+99890123${1000 + i}`, 6)).length, 2)
    t.equal((await narrow.asks('203.0.113.3', (i) => `+99890123${2000 + i}`, 1)).length, 1, 'a neighbour')
    const million = createPump({ unansweredPerNetwork: 40 })
    t.ok((await million.asks(ip, (i) => `+99890${String(1_000_000 + i * 10_007)}`, 13)).length <= 10)
  }
})

t.test('whether others have asked for a number shows neither in its range nor in the part of a network', async (t) => {
  const figures = []
  for (const isAsked of [true, false]) {
    const { newNumbers, asks } = createPump()
    const alices = '+998901230500'
    if (isAsked) await newNumbers.reserve(alices, networksOf('192.0.2.1'), 'alice')
    await newNumbers.reserve(alices, networksOf('203.0.113.1'), 'mallory')
    figures.push((await asks('203.0.113.1', (i) => `+99890123${1000 + i}`, 5)).length)
  }
  t.same(figures, [1, 1])

  const { newNumbers } = createPump()
  const sent = await Promise.all(Array.from({ length: 5 }, (_, i) =>
    newNumbers.reserve('+998901230500', networksOf(`203.0.113.${i}`), `account-${i}`).then(() => true, () => false)))
  t.notOk(sent.includes(false), 'five who ask for one number are one in its range')
})

t.test('an office behind one address enrols within ten minutes', async (t) => {
  const { newNumbers } = createPump()
  const office = networksOf('192.0.2.50')
  let waiting = Array.from({ length: 30 }, (_, i) => spread(500 + i))
  let rounds = 0
  for (; waiting.length > 0 && rounds < 5; rounds++) {
    const sent: string[] = []
    for (const number of waiting) if (await newNumbers.reserve(number, office, number).then(() => true, () => false)) sent.push(number)
    for (const number of sent) await newNumbers.answered(number, office)
    waiting = waiting.filter((number) => !sent.includes(number))
    clock.pass(60)
  }
  t.same(waiting, [])
  t.ok(rounds <= 3, String(rounds))
})

t.test('an attacker who answers: one phone is one answer a day, and a country counts from the next day on', async (t) => {
  const { newNumbers, asks } = createPump({ unansweredPerNetwork: 4 })
  const mallory = networksOf('203.0.113.9')
  for (let i = 0; i < 6; i++) {
    await newNumbers.reserve('+998901112233', mallory, `again-${i}`).catch(() => {})
    await newNumbers.answered('+998901112233', mallory)
  }
  // Four, and one and a half for the one answer.
  t.ok((await asks('203.0.113.9', spread, 9)).length <= 5)

  const abroad = createPump({ unansweredElsewhere: 5 })
  for (let i = 0; i < 3; i++) {
    await abroad.newNumbers.reserve(`+99890${i}112233`, networksOf(`192.0.2.${i}`), `first-${i}`)
    await abroad.newNumbers.answered(`+99890${i}112233`, networksOf(`192.0.2.${i}`))
  }
  const distributed = async () => {
    let sent = 0
    for (let i = 0; i < 20; i++) sent += (await abroad.asks(`198.51.100.${i}`, spread, 1)).length
    return sent
  }
  t.equal(await distributed(), 9, 'five and what the three answers give')
  clock.pass(86_400)
  t.equal(await distributed(), 20)
})
