import { randomUUID } from 'node:crypto'
import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { resetSecondFactor } from '../../src/index.js'
import { enrolTotp, newPhoneNumber, requestCode, type SignedInUser } from '../../src/testing/index.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'
import { register, signInAlone } from '../second-factor/passkey/client.js'
import { browser, CHROME, EDGE, enter, firstFactorIn, FIREFOX, newcomer, NEWER_FIREFOX, SAFARI } from './agents.js'
import { changePhone, linkTo, noticesTo, post, undo } from './change.js'

const clock = stopClock()
const placeOf = async (): Promise<string> => 'Lyon'
const build = (t: Test) => buildApp(t, {
  secondFactors: ['sms', 'totp', 'passkey'],
  passkeySignIn: true,
  factorKeys: ['a key of this test, and of no other'],
  newBrowserNotices: true,
  placeOf,
  limits: { sends: false, signIn: false, signUps: false, mails: false }
})

const names = () => ({ email: `${randomUUID()}@example.com`, password: 'correct horse 1', phoneNumber: newPhoneNumber() })

const NOTICE = /signed in to your fastify-2fa account, with your second factor, in a browser that it was not used in lately/
const told = (app: FastifyInstance, { email }: SignedInUser): string[] => noticesTo(app, email).map(({ body }) => body).filter((body) => NOTICE.test(body))

async function seen ({ userId }: SignedInUser): Promise<unknown> {
  const { metadata } = await UserMetadata.getUserMetadata(userId)
  return metadata['fastify-2fa:seen-browsers']
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`the owner is told of a new browser once, and of no other; with a ${transferMethod} session`, async (t) => {
    const app = await build(t)
    const alice = await newcomer(app, names(), FIREFOX)
    await enter(app, alice, FIREFOX, transferMethod)
    await enter(app, alice, NEWER_FIREFOX, transferMethod)
    t.strictSame(told(app, alice), [], 'neither of the first, nor of an update of it')
    t.strictSame(await seen(alice), ['Firefox/Linux'])

    await enter(app, alice, CHROME, transferMethod)
    const [mail, ...others] = noticesTo(app, alice.email)
    t.strictSame(others, [])
    t.match(mail, { channel: 'mail' })
    t.match(mail?.body, /look at your sessions.*choose a new password\.\n\nIt was on \w+ \d+, \d{4}, .+ UTC, from near Lyon\.\n\nThe browser called itself Chrome on Windows\.$/)
    t.notMatch(mail?.body, /http/, 'nobody learns to follow links in it')
    t.notMatch(mail?.body, /AppleWebKit|146/)

    clock.pass(3601)
    await enter(app, alice, CHROME, transferMethod)
    await enter(app, alice, FIREFOX, transferMethod)
    t.equal(told(app, alice).length, 1)
  })
}

t.test('Mallory, who has the password and no second factor, is neither told of nor remembered', async (t) => {
  const app = await build(t)
  const alice = await newcomer(app, names(), FIREFOX)
  const mallory = { ...alice, session: browser(app, CHROME) }
  await firstFactorIn(mallory.session, alice)
  const { userInputCode, ...challenge } = await requestCode(app, mallory)
  t.match(await post(mallory.session, '/signinup/code/consume', { ...challenge, userInputCode: userInputCode === '000000' ? '111111' : '000000' }), { status: 'INCORRECT_USER_INPUT_CODE_ERROR' })
  await app.twoFactor.delivered()
  t.strictSame(told(app, alice), [])
  t.strictSame(await seen(alice), ['Firefox/Linux'])
})

t.test('Mallory, who has both, is not hushed up by a browser that the owner was told of a moment before', async (t) => {
  const app = await build(t)
  const alice = await newcomer(app, names(), FIREFOX)
  await enter(app, alice, CHROME)
  await enter(app, alice, SAFARI)
  t.equal(told(app, alice).length, 1, 'nobody can have any number of messages sent')
  t.strictSame(await seen(alice), ['Firefox/Linux', 'Chrome/Windows'], 'what the owner was not told of is not known')
  clock.pass(3601)
  await enter(app, alice, SAFARI)
  t.match(told(app, alice)[1], /Safari on iOS/)
})

t.test('Mallory writes no text into the message', async (t) => {
  const app = await build(t)
  for (const [userAgent, line] of [
    ['Your account is blocked, call evil.example/1.0 (X11; Linux)', 'It did not say which browser it was.'],
    ['Call evil.example now/1.0 (X11; Linux)', 'It did not say which browser it was.'],
    ['call +15550100000', 'It did not say which browser it was.'],
    ['', 'It did not say which browser it was.'],
    ['{appName}/1 {link}', 'It did not say which browser it was.'],
    ['Firefox/140.0', 'The browser called itself Firefox.']
  ] as const) {
    const alice = await newcomer(app, names(), FIREFOX)
    await enter(app, alice, userAgent)
    const [body = ''] = told(app, alice)
    t.ok(body.endsWith(`\n\n${line}`), body)
    t.notMatch(body, /evil|blocked|\+1555|\{/)
    t.notMatch(JSON.stringify(await seen(alice)), /evil|blocked|1555|appName/)
  }
})

t.test('a passkey alone is told of, too', async (t) => {
  const app = await build(t)
  const account = names()
  const session = browser(app, FIREFOX)
  const alice = { ...account, session, userId: await firstFactorIn(session, account, '/signup') }
  const authenticator = createAuthenticator()
  t.match(await register(alice, authenticator), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(await signInAlone({ session: browser(app, NEWER_FIREFOX) }, authenticator), { status: 'OK' })
  t.strictSame(told(app, alice), [])
  const other = { session: browser(app, EDGE) }
  t.match(await signInAlone(other, authenticator), { status: 'OK' })
  await app.twoFactor.delivered()
  t.match(told(app, alice), [/Microsoft Edge on macOS/])
  t.match(await signInAlone(other, authenticator), { status: 'OK' })
  await app.twoFactor.delivered()
  t.equal(told(app, alice).length, 1)
})

t.test('eight browsers are remembered, and the oldest makes room', async (t) => {
  const app = await build(t)
  const alice = await newcomer(app, names(), FIREFOX)
  const systems = ['Windows NT 10.0', 'Macintosh; Intel Mac OS X 10_15_7', 'Linux; Android 10; K']
  const agents = systems.flatMap((system) => [`Mozilla/5.0 (${system}; rv:140.0) Gecko/20100101 Firefox/140.0`, CHROME.replace('Windows NT 10.0; Win64; x64', system), EDGE.replace(/\(Mac[^)]*\)/, `(${system})`)])
  for (const agent of agents) {
    clock.pass(3601)
    await enter(app, alice, agent)
  }
  t.equal(told(app, alice).length, agents.length)
  const all = await seen(alice) as string[]
  t.equal(all.length, 8)
  t.equal(new Set(all).size, 8)
  t.notOk(all.includes('Firefox/Linux'))
  clock.pass(3601)
  await enter(app, alice, FIREFOX)
  t.equal(told(app, alice).length, agents.length + 1)
})

t.test('a known browser costs no call to the Core, a new one costs a write', async (t) => {
  const app = await build(t)
  const alice = await newcomer(app, names(), FIREFOX)
  async function calls (userAgent: string): Promise<string[]> {
    const session = browser(app, userAgent)
    await firstFactorIn(session, alice)
    const answer = await requestCode(app, { ...alice, session })
    return await callsOf(async () => {
      await post(session, '/signinup/code/consume', answer)
      await app.twoFactor.delivered()
    })
  }
  const known = await calls(FIREFOX)
  t.equal(known.length, 5, 'as many as without it')
  t.strictSame(known.filter((call) => call.includes('metadata')).length, 1, 'the enrolment is there')
  const writes = (list: string[]) => list.filter((call) => /^PUT .*metadata/.test(call)).length
  t.strictSame([writes(known), writes(await calls(CHROME))], [0, 1])
})

t.test('what an operator resets, and what a link undoes, forgets the browsers, of which one may be the thief\'s', async (t) => {
  const app = await build(t)
  const alice = await newcomer(app, names(), FIREFOX)
  await enrolTotp(app, alice)
  await enter(app, alice, CHROME)
  t.equal(told(app, alice).length, 1)
  await resetSecondFactor(app, alice.userId, { factor: 'totp', by: 'otto', reason: 'lost device' })
  t.strictSame(await seen(alice), [])
  const mallory = await enter(app, alice, CHROME)
  t.match(told(app, alice)[1], /Chrome on Windows/, 'at once, although the owner was told of another one just now')

  await changePhone(app, mallory)
  t.match(await undo(app, linkTo(app, alice.email)), { status: 'OK' })
  await app.twoFactor.delivered()
  t.strictSame(await seen(alice), [])
  await enter(app, alice, FIREFOX)
  t.match(told(app, alice)[2], /Firefox on Linux/)
})
