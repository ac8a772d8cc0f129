import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t, { type Test } from 'tap'
import type { SmsMessage } from '../../src/index.js'
import { newPhoneNumber, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { networksOf } from '../../src/limits/network.js'
import { stopClock } from '../limits/clock.js'

const clock = stopClock()

/** As in production but for passwords, which have a test of their own; and with a provider that counts, and fails when told to. */
async function build (t: Test): Promise<{ app: FastifyInstance, sent: SmsMessage[], provider: { fails: boolean } }> {
  const sent: SmsMessage[] = []
  const provider = { fails: false }
  const app = await buildApp(t, {
    limits: {
      signIn: false,
      signUps: false,
      countries: ['US', '49'],
      // What watches all messages together has a test of its own.
      sends: { unansweredPerNetwork: 10_000, unansweredPerRange: 10_000, unansweredPerMillion: 10_000, unansweredPerCountry: 10_000, unansweredElsewhere: 10_000 }
    },
    sms: {
      name: 'counting',
      async send (message) {
        if (provider.fails) throw new Error('down')
        sent.push(message)
      }
    }
  })
  return { app, sent, provider }
}

interface From { phoneNumber?: string, remoteAddress?: string }

function create ({ session, phoneNumber }: SignedInUser, from: From = {}): Promise<LightMyRequestResponse> {
  return session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: from.phoneNumber ?? phoneNumber }, ...(from.remoteAddress && { remoteAddress: from.remoteAddress }) })
}

function resend ({ session }: SignedInUser, challenge: object): Promise<LightMyRequestResponse> {
  return session.inject({ method: 'POST', url: '/auth/signinup/code/resend', payload: challenge })
}

function consume ({ session }: SignedInUser, challenge: object): Promise<LightMyRequestResponse> {
  return session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload: challenge })
}

function isWait (t: Test, response: LightMyRequestResponse, seconds: number): void {
  t.equal(response.statusCode, 200)
  t.match(response.json(), { status: /^(GENERAL_ERROR|SIGN_IN_UP_NOT_ALLOWED)$/, code: 'AUTH_LIMIT_REACHED', message: /^(Too many codes were sent|A code is already on its way)\. Try again in \d+ (second|minute|hour)s?\.$/ })
  t.equal(Number(response.headers['retry-after']), seconds)
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`fifteen seconds between two messages, five in ten minutes, ten a day: asked for and asked for again are the same (${transferMethod} session)`, async (t) => {
    const { app, sent } = await build(t)
    const alice = await signUp(app, { transferMethod })
    const first = await create(alice)
    t.match(first.json(), { status: 'OK', sendsLeft: 4 })
    isWait(t, await create(alice), 14)
    isWait(t, await resend(alice, first.json()), 14)
    t.match((await create(await signIn(app, { ...alice, transferMethod }))).json().status, 'SIGN_IN_UP_NOT_ALLOWED', 'another session is the same user')
    clock.pass(13)
    isWait(t, await resend(alice, first.json()), 1)
    clock.pass(1)
    t.same((await resend(alice, first.json())).json(), { status: 'OK', sendsLeft: 3 })
    for (const left of [2, 1, 0]) {
      clock.pass(30)
      t.match((await create(alice)).json(), { status: 'OK', sendsLeft: left })
    }
    clock.pass(30)
    isWait(t, await create(alice), 600 - 134)
    let elapsed = 134
    while (sent.length < 10) {
      const wait = Number((await create(alice)).headers['retry-after'] ?? 30)
      elapsed += wait
      clock.pass(wait)
    }
    isWait(t, await create(alice), 86_400 - elapsed)
    clock.pass(86_400 - elapsed)
    t.match((await create(await signIn(app, { ...alice, transferMethod }))).json().status, 'OK', 'the first one of yesterday is a day ago')
    t.equal(sent.length, 11)
  })
}

t.test('a hundred requests at once are one message', async (t) => {
  const { app, sent } = await build(t)
  const alice = await signUp(app)
  const answers = await Promise.all(Array.from({ length: 100 }, () => create({ ...alice, session: alice.session.copy() })))
  t.equal(sent.length, 1)
  t.equal(answers.filter((answer) => answer.json().status === 'OK').length, 1)
})

t.test('many accounts against one number: five messages in ten minutes, ten a day', async (t) => {
  const { app, sent } = await build(t)
  const phoneNumber = newPhoneNumber()
  const users = await Promise.all(Array.from({ length: 12 }, () => signUp(app)))
  const burst = (): Promise<LightMyRequestResponse[]> => Promise.all(users.map((user, i) => create(user, { phoneNumber, remoteAddress: `203.0.113.${i}` })))
  await burst()
  t.equal(sent.length, 5)
  for (let i = 0; i < 5; i++) {
    clock.pass(600)
    await burst()
  }
  t.equal(sent.length, 10)
})

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`strangers who know a number keep its owner waiting by no message to it (${transferMethod} session)`, async (t) => {
    const { app, sent } = await build(t)
    const alice = await signUp(app, { transferMethod })
    const { deviceId, preAuthSessionId } = (await create(alice)).json<Record<string, string>>()
    const payload = { deviceId, preAuthSessionId, userInputCode: sent[0]!.code }
    t.equal((await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload })).json().status, 'OK')
    clock.pass(600)

    const strangers = await Promise.all(Array.from({ length: 12 }, () => signUp(app)))
    const ask = (stranger: SignedInUser, i: number) => create(stranger, { phoneNumber: alice.phoneNumber, remoteAddress: `203.0.113.${i}` })
    t.match((await ask(strangers[0]!, 0)).json(), { status: 'OK', sendsLeft: 4 })
    t.match((await ask(strangers[1]!, 1)).json(), { status: 'OK', sendsLeft: 4 }, 'what is left is the asker\'s own: nobody learns that the number was used')
    for (let i = 0; i < 4; i++) {
      await Promise.all(strangers.map(ask))
      clock.pass(600)
    }
    const toAlice = () => sent.filter(({ to }) => to === alice.phoneNumber).length
    t.equal(toAlice(), 10, 'all that the number may get from those who have not proved it')
    const newcomer = await signUp(app)
    isWait(t, await ask(newcomer, 99), 86_400)
    t.match((await create(newcomer, { remoteAddress: '203.0.113.99' })).json(), { status: 'OK', sendsLeft: 4 })

    const returning = await signIn(app, { ...alice, transferMethod })
    const asked = await create(returning)
    // Hers of half an hour ago is one of ten in a day.
    t.match(asked.json(), { status: 'OK', sendsLeft: 4 })
    clock.pass(30)
    t.match((await resend(returning, asked.json())).json(), { status: 'OK', sendsLeft: 3 })
    t.equal(toAlice(), 12)
  })
}

t.test('someone with the password uses up nothing of the owner at home, nor after a new password', async (t) => {
  const { app, sent } = await build(t)
  const [home, thiefs, away] = ['2001:db8:77:100::1', '203.0.113.66', '198.51.100.77']
  const alice = await signUp(app)
  const { deviceId, preAuthSessionId } = (await create(alice, { remoteAddress: home })).json<Record<string, string>>()
  const payload = { deviceId, preAuthSessionId, userInputCode: sent[0]!.code }
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload, remoteAddress: home })).json().status, 'OK')
  clock.pass(600)

  const thief = await signIn(app, alice)
  let stolen = 0
  for (let i = 0; i < 12; i++) {
    if ((await create(thief, { remoteAddress: thiefs })).json().status === 'OK') stolen++
    clock.pass(120)
  }
  t.equal(stolen, 9, 'ten a day: one was hers, from a network that was not known yet')
  t.equal((await create(thief, { remoteAddress: thiefs })).json().status, 'SIGN_IN_UP_NOT_ALLOWED')

  const back = await signIn(app, alice)
  // Another /64 of the /56 at home.
  const asked = await create(back, { remoteAddress: '2001:db8:77:1ff::2' })
  t.match(asked.json(), { status: 'OK', sendsLeft: 4 })
  t.equal((await create(await signIn(app, alice), { remoteAddress: away })).json().status, 'SIGN_IN_UP_NOT_ALLOWED')

  const password = 'correct horse 2'
  await app.inject({ method: 'POST', url: '/auth/user/password/reset/token', remoteAddress: away, payload: { formFields: [{ id: 'email', value: alice.email }] } })
  const token = new URL(String(app.twoFactor.outbox.last(alice.email)?.link)).searchParams.get('token')
  const reset = await app.inject({ method: 'POST', url: '/auth/user/password/reset', remoteAddress: away, payload: { method: 'token', token, formFields: [{ id: 'password', value: password }] } })
  t.equal(reset.json().status, 'OK')
  t.match((await create(await signIn(app, { ...alice, password }), { remoteAddress: away })).json(), { status: 'OK', sendsLeft: 4 }, 'where nobody has been before')
})

t.test('an account has three times the windows of one day in all', async (t) => {
  const { app } = await build(t)
  const send = (i: number) => app.twoFactor.limits!.sends.reserve({
    userId: 'mallory', kind: 'phone', address: '+12125550199', networks: networksOf(`192.0.2.${i}`), owned: true, isAtHome: i % 2 === 0, credentials: `password-${i}`
  })
  for (let i = 0; i < 30; i++) await send(i)
  await t.rejects(send(31), { code: 'AUTH_LIMIT_REACHED' })
})

t.test('strangers behind the same address use up nothing of those who have enrolled', async (t) => {
  const { app, sent } = await build(t)
  const alice = await signUp(app)
  const { deviceId, preAuthSessionId } = (await create(alice)).json<Record<string, string>>()
  const payload = { deviceId, preAuthSessionId, userInputCode: sent[0]!.code }
  await alice.session.inject({ method: 'POST', url: '/auth/signinup/code/consume', payload })
  const remoteAddress = '198.51.100.30'
  const strangers = await Promise.all(Array.from({ length: 31 }, () => signUp(app)))
  const answers = await Promise.all(strangers.map((stranger) => create(stranger, { phoneNumber: newPhoneNumber(), remoteAddress })))
  t.equal(answers.filter((answer) => answer.json().status === 'SIGN_IN_UP_NOT_ALLOWED').length, 1)
  clock.pass(30)
  t.equal((await create(await signIn(app, alice), { remoteAddress, phoneNumber: alice.phoneNumber })).json().status, 'OK')
})

t.test('many accounts and numbers from one address: thirty in ten minutes, by its /64', async (t) => {
  const { app, sent } = await build(t)
  const users = await Promise.all(Array.from({ length: 33 }, () => signUp(app)))
  let next = 0
  const burst = (): Promise<LightMyRequestResponse[]> => Promise.all(users.map((user) => create(user, { phoneNumber: newPhoneNumber(), remoteAddress: `2001:db8:7:7::${(next++).toString(16)}` })))
  const refused = (await burst()).filter((answer) => answer.json().status === 'SIGN_IN_UP_NOT_ALLOWED')
  t.equal(sent.length, 30)
  for (const answer of refused) isWait(t, answer, 600)
  const elsewhere = await signUp(app)
  t.equal((await create(elsewhere, { remoteAddress: '2001:db8:7:8::1' })).json().status, 'OK', 'a neighbour')
  clock.pass(600)
  await burst()
  t.equal(sent.length, 61)
})

t.test('a /56 and a /48, from a new /64 for every message: two and four times what one address may', async (t) => {
  const { app, sent } = await build(t)
  const users = await Promise.all(Array.from({ length: 130 }, () => signUp(app)))
  const burst = (addressOf: (index: number) => string, count: number): Promise<LightMyRequestResponse[]> => Promise.all(users.slice(0, count).map((user, i) =>
    create(user, { phoneNumber: newPhoneNumber(), remoteAddress: addressOf(i) })))
  const refused = (await burst((i) => `2001:db8:9:${(0x1100 + i).toString(16)}::1`, 70)).filter((answer) => answer.json().status === 'SIGN_IN_UP_NOT_ALLOWED')
  t.equal(sent.length, 60)
  for (const answer of refused) isWait(t, answer, 600)
  clock.pass(600)
  await burst((i) => `2001:db8:9:${(i * 256).toString(16)}::1`, 130)
  t.equal(sent.length, 60 + 120)
  t.equal((await create(await signUp(app), { remoteAddress: '2001:db8:a::1' })).json().status, 'OK', 'a neighbour')
})

t.test('what the provider did not send is given back', async (t) => {
  const { app, sent, provider } = await build(t)
  const alice = await signUp(app)
  provider.fails = true
  for (let i = 0; i < 12; i++) t.match((await create(alice)).json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', message: /could not be sent/ })
  provider.fails = false
  const created = await create(alice)
  t.match(created.json(), { status: 'OK', sendsLeft: 4 })
  clock.pass(30)
  provider.fails = true
  t.match((await resend(alice, created.json())).json().message, /could not be sent/)
  provider.fails = false
  t.same((await resend(alice, created.json())).json(), { status: 'OK', sendsLeft: 3 })
  t.equal(sent.length, 2)
})

t.test('what is refused for another reason costs nothing', async (t) => {
  const { app } = await build(t)
  const alice = await signUp(app)
  for (let i = 0; i < 12; i++) t.match((await create(alice, { phoneNumber: '12' })).json().message, /invalid/)
  for (let i = 0; i < 12; i++) t.same((await resend(alice, { deviceId: 'AAAA', preAuthSessionId: 'x' })).json(), { status: 'RESTART_FLOW_ERROR' })
  t.match((await create(alice)).json(), { status: 'OK', sendsLeft: 4 })
})

t.test('two hundred messages a day from one address', async (t) => {
  const { app } = await build(t)
  const send = (i: number) => app.twoFactor.limits!.sends.reserve({ userId: `user-${i}`, kind: 'phone', address: `+4915112345${i + 100}`, networks: networksOf('192.0.2.9') })
  for (let i = 0; i < 200; i++) {
    if (i % 30 === 0) clock.pass(600)
    await send(i)
  }
  clock.pass(600)
  await t.rejects(send(200), { code: 'AUTH_LIMIT_REACHED', retryAfter: 86_400 - 7 * 600 })
})

t.test('a message that the address may not have costs the user nothing', async (t) => {
  const { app } = await build(t)
  const users = await Promise.all(Array.from({ length: 31 }, () => signUp(app)))
  const answers = []
  for (const user of users) answers.push(await create(user, { remoteAddress: '198.51.100.9' }))
  isWait(t, answers[30]!, 600)
  t.match((await create(users[30]!, { remoteAddress: '198.51.100.10' })).json(), { status: 'OK', sendsLeft: 4 })
})

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`the right code ends the pause, and is no way to have more messages sent (${transferMethod} session)`, async (t) => {
    const { app, sent } = await build(t)
    const alice = { ...await signUp(app, { transferMethod }), transferMethod }
    const asked = async (device: SignedInUser) => ({ ...(await create(device)).json<object>(), userInputCode: sent.at(-1)?.code as string })
    const first = await asked(alice)
    isWait(t, await create(await signIn(app, alice)), 14)
    const wrong = first.userInputCode === '000000' ? '000001' : '000000'
    t.equal((await consume(alice, { ...first, userInputCode: wrong })).json().status, 'INCORRECT_USER_INPUT_CODE_ERROR')
    isWait(t, await create(await signIn(app, alice)), 14)
    t.equal((await consume(alice, first)).json().status, 'OK')
    // Now the network is known, and has windows of its own.
    for (let i = 0; i < 5; i++) {
      const device = await signIn(app, alice)
      t.equal((await consume(device, await asked(device))).json().status, 'OK')
    }
    isWait(t, await create(await signIn(app, alice)), 600)
    t.equal(sent.length, 6)
  })
}

t.test('codes go to the countries that are named', async (t) => {
  const { app, sent } = await build(t)
  const alice = await signUp(app)
  const jamaica = await create(alice, { phoneNumber: '+18762101234' })
  t.match(jamaica.json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', reason: 'Codes cannot be sent to this country. Please use a number of another country.' })
  t.notOk('retry-after' in jamaica.headers)
  t.equal((await create(alice, { phoneNumber: '+4915112345678' })).json().status, 'OK')
  t.equal(sent.length, 1)
})

t.test('links to reset a password: as many for accounts that exist as for those that do not', async (t) => {
  const { app } = await build(t)
  const { email } = await signUp(app)
  const ask = async (value: string, remoteAddress: string) => (await app.inject({
    method: 'POST', url: '/auth/user/password/reset/token', remoteAddress, payload: { formFields: [{ id: 'email', value }] }
  })).json().status
  for (const account of [email, 'nobody@example.com']) {
    const answers = []
    for (let i = 0; i < 7; i++) answers.push(await ask(i % 2 === 0 ? account : account.toUpperCase(), `192.0.2.${i}`))
    t.same(answers, ['OK', 'OK', 'OK', 'OK', 'OK', 'GENERAL_ERROR', 'GENERAL_ERROR'])
  }
  const alice = await signIn(app, { email, password: 'correct horse 1', phoneNumber: newPhoneNumber() })
  t.equal((await create(alice)).json().status, 'OK', 'and nobody uses up somebody else\'s codes by it')
})

t.test('a browser may read how long to wait', async (t) => {
  const { app } = await build(t)
  const alice = await signUp(app)
  await create(alice)
  t.match((await create(alice)).headers['access-control-expose-headers'], /retry-after/)
})
