import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { BUILT_IN } from '../../../src/language/languages.js'
import { fill } from '../../../src/language/templates.js'
import { createTestSession, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser, type TestSession } from '../../../src/testing/index.js'
import { build } from '../../helper.js'
import { stopClock } from '../../limits/clock.js'
import { recordAudit } from '../../audit/record.js'
import { payloadOf } from '../../attacks/suite/clients.js'

const clock = stopClock()
const options = {
  secondFactors: ['email' as const],
  passwordReset: false,
  emailFactorFlow: 'both' as const,
  appInfo: { websiteDomains: ['http://localhost:3001', 'http://localhost:4000'] }
}
const CODE = '/auth/signinup/code'
const RESTART = { status: 'RESTART_FLOW_ERROR' }
const HEADERS = [{}, { 'fdi-version': '4.1' }, { 'fdi-version': '3.0' }, { 'fdi-version': '1.18' }]

const post = async (session: TestSession, url: string, payload: object, headers = {}) => await session.inject({ method: 'POST', url, payload, headers })
const isIn = async (session: TestSession): Promise<boolean> => (await session.inject('/me')).statusCode === 200

/** What the page of a link sends. */
function followed (link: string): { linkCode: string, preAuthSessionId: string } {
  const { hash, searchParams } = new URL(link)
  return { linkCode: hash.slice(1), preAuthSessionId: searchParams.get('preAuthSessionId')! }
}

const follow = async (session: TestSession, link: string, headers = {}) => await post(session, `${CODE}/consume`, followed(link), headers)

async function mailedTo (app: FastifyInstance, user: SignedInUser) {
  const { deviceId, preAuthSessionId, userInputCode } = await requestCode(app, user)
  return { challenge: { deviceId, preAuthSessionId, userInputCode }, link: app.twoFactor.outbox.last(user.email)!.link! }
}

t.test('the link finishes the session that asked for it, once', async (t) => {
  const app = await build(t, options)
  for (const headers of HEADERS) {
    const alice = await signUp(app)
    const asked = await post(alice.session, CODE, {})
    t.equal(asked.json().flowType, 'USER_INPUT_CODE_AND_MAGIC_LINK')
    const { link, code, body } = app.twoFactor.outbox.last(alice.email)!
    t.match(link, `http://localhost:3001/auth/verify?preAuthSessionId=${asked.json().preAuthSessionId}&tenantId=public#`)
    t.ok(body.includes(link!) && body.includes(code!))
    const response = await follow(alice.session, link!, headers)
    t.match(response.json(), { status: 'OK', user: { id: alice.userId } })
    t.ok(await isIn(alice.session))
    t.same((await follow(alice.session, link!, headers)).json(), RESTART, 'and once')
    t.same((await post(alice.session, `${CODE}/consume`, { deviceId: asked.json().deviceId, preAuthSessionId: asked.json().preAuthSessionId, userInputCode: code })).json(), RESTART, 'nor does its code work again')
  }
})

t.test('the code beside it works as well, and uses the link up', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { challenge, link } = await mailedTo(app, alice)
  t.equal((await post(alice.session, `${CODE}/consume`, challenge)).json().status, 'OK')
  t.same((await follow(alice.session, link)).json(), RESTART)
})

t.test('the link leads to the website that asked', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  for (const [origin, website] of [['http://localhost:4000', 'http://localhost:4000'], ['https://evil.example', 'http://localhost:3001']] as const) {
    await post(alice.session, CODE, {}, { origin })
    t.ok(app.twoFactor.outbox.last()!.link!.startsWith(`${website}/auth/verify?`))
  }
})

t.test('Mallory, who has the password, has a link sent to Alice: her click finishes neither Mallory\'s session nor hers', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  for (const headers of HEADERS) {
    const mallory = await signIn(app, alice)
    const { challenge: { userInputCode }, link } = await mailedTo(app, mallory)
    const half = await signIn(app, alice)
    const stranger = await signUp(app)
    const ended = await signIn(app, alice)
    await post(ended.session.copy(), '/auth/signout', {})
    for (const session of [createTestSession(app), half.session, stranger.session, ended.session, alice.session]) {
      const before = [...session.cookies]
      const response = await follow(session, link, headers)
      t.equal(response.statusCode, 200)
      t.same(response.json(), {
        status: 'GENERAL_ERROR',
        message: `This browser did not ask for the link. If you are signing in elsewhere, enter this code there: ${userInputCode}. If not, tell it to nobody and choose a new password.`,
        code: 'AUTH_LINK_ELSEWHERE'
      })
      t.same([...session.cookies], before, 'no session is given')
    }
    for (const { session } of [mallory, half, stranger]) t.notOk(await isIn(session))
    // Alice signs in herself on another device: there, her own link is good.
    t.equal((await follow(mallory.session, link, headers)).json().status, 'OK', 'nothing was used up')
  }
})

t.test('a link that the session asked for before is no link of another one', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { link } = await mailedTo(app, alice)
  const { link: newer } = await mailedTo(app, alice)
  t.same((await follow(alice.session, link)).json(), RESTART)
  t.equal((await follow(alice.session, newer)).json().status, 'OK')
})

t.test('a newer link of the same challenge ends the one before', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { challenge, link } = await mailedTo(app, alice)
  t.equal((await post(alice.session, `${CODE}/resend`, challenge)).json().status, 'OK')
  const newer = app.twoFactor.outbox.last(alice.email)!.link!
  t.not(newer, link)
  t.same((await follow(alice.session, link)).json(), RESTART)
  t.equal((await follow(alice.session, newer)).json().status, 'OK')
})

t.test('programs that look at links in mails use nothing up', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { link } = await mailedTo(app, alice)
  const { linkCode, preAuthSessionId } = followed(link)
  for (const session of [createTestSession(app), alice.session.copy()]) {
    for (const method of ['GET', 'HEAD'] as const) {
      const { statusCode } = await session.inject({ method, url: `${CODE}/consume?linkCode=${linkCode}&preAuthSessionId=${preAuthSessionId}` })
      t.equal(statusCode, 404)
    }
  }
  // Some run the page as well, in a browser of their own.
  for (let i = 0; i < 10; i++) t.equal((await follow(createTestSession(app), link)).json().code, 'AUTH_LINK_ELSEWHERE')
  t.equal((await follow(alice.session, link)).json().status, 'OK')
})

t.test('a link works for five minutes', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { link } = await mailedTo(app, alice)
  clock.pass(301)
  t.same((await follow(alice.session, link)).json(), RESTART)
  t.notOk(await isIn(alice.session))
})

/** The link code with one part made up: by somebody who knows how they are built. */
function forged (link: string, change: (parts: string[]) => string[]): { linkCode: string, preAuthSessionId: string } {
  const { linkCode, preAuthSessionId } = followed(link)
  return { linkCode: change(linkCode.split('.')).join('.'), preAuthSessionId }
}

t.test('a link that was made up passes nowhere, and guesses by link count as codes do', async (t) => {
  const app = await build(t, options)
  const victim = await signUp(app)
  const mallory = await signUp(app)
  const { link: foreign } = await mailedTo(app, victim)
  const { link } = await mailedTo(app, mallory)
  const handle = payloadOf(mallory.session).sessionHandle
  const ownTag = ([device]: string[]) => createHash('sha256').update(JSON.stringify([Buffer.from(device!, 'base64url').toString('base64'), handle])).digest('base64url').slice(0, 22)
  t.same((await post(mallory.session, `${CODE}/consume`, forged(foreign, (parts) => [parts[0]!, parts[1]!, ownTag(parts)]))).json(), RESTART, 'the victim\'s link, as if Mallory had asked for it')
  t.same((await post(mallory.session, `${CODE}/consume`, { ...followed(foreign), preAuthSessionId: followed(link).preAuthSessionId })).json(), RESTART, 'two links in one')
  for (const linkCode of ['', '.', '..', 'x', 'a.b.c', `${'A'.repeat(43)}.123456.${'A'.repeat(22)}`, `${'A'.repeat(44)}.123456.${'A'.repeat(22)}`, '<script>', 'x'.repeat(256)]) {
    for (const session of [mallory.session, createTestSession(app)]) {
      t.same((await post(session, `${CODE}/consume`, { linkCode, preAuthSessionId: followed(link).preAuthSessionId })).json(), RESTART, linkCode)
    }
  }
  const guess = (code: string) => post(mallory.session, `${CODE}/consume`, forged(link, ([device, right, tag]) => [device!, code === right ? '999999' : code, tag!]))
  for (let i = 0; i < 3; i++) t.same((await guess(String(100000 + i))).json(), RESTART)
  t.match((await post(mallory.session, `${CODE}/consume`, (await mailedTo(app, mallory)).challenge)).json(), { status: 'OK' }, 'four failures, the foreign link among them, are not yet a wait')
  const other = await signIn(app, mallory)
  const { link: next } = await mailedTo(app, other)
  for (let i = 0; i < 5; i++) await post(other.session, `${CODE}/consume`, forged(next, ([device, , tag]) => [device!, `10000${i}`, tag!]))
  t.match((await follow(other.session, next)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LIMIT_REACHED' }, 'not even the right link is followed during the wait')
})

t.test('no page shows words of whoever made a link up', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { link } = await mailedTo(app, alice)
  for (const words of ['call-0800-12345', '1', '12345678901', 'abcdef']) {
    const { message } = (await post(createTestSession(app), `${CODE}/consume`, forged(link, ([device, , tag]) => [device!, words, tag!]))).json<{ message: string }>()
    t.equal(message, 'This browser did not ask for the link. Please open it in the browser where you are signing in. If you are not signing in, choose a new password.')
  }
})

t.test('what a browser that did not ask shows is in its language, and audited without the code', async (t) => {
  const app = await build(t, options)
  const alice = await signUp(app)
  const { challenge: { userInputCode }, link } = await mailedTo(app, alice)
  const seen = recordAudit(t)
  const text = 'This browser did not ask for the link. If you are signing in elsewhere, enter this code there: {code}. If not, tell it to nobody and choose a new password.'
  for (const language of Object.keys(BUILT_IN)) {
    const response = await follow(createTestSession(app), link, { 'accept-language': language })
    t.equal(response.json().message, fill(BUILT_IN[language]![text] ?? text, { code: userInputCode }))
    t.equal(response.headers['content-language'], language)
    t.match(seen.at(-1), { type: 'code.refused', factor: 'email', reason: 'AUTH_LINK_ELSEWHERE' })
  }
  t.notMatch(JSON.stringify(seen), userInputCode)
})

t.test('a link to a new address makes it the enrolled one, in the session that asked and in no other', async (t) => {
  const app = await build(t, options)
  const alice = await signInWithSecondFactor(app)
  const address = `new-${alice.email}`
  t.match((await post(alice.session, '/auth/account/email-factor', { email: address })).json(), { status: 'OK' })
  const link = app.twoFactor.outbox.last(address)!.link!
  const other = await signIn(app, alice)
  t.match((await follow(other.session, link)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LINK_ELSEWHERE' })
  t.match((await follow(alice.session, link)).json(), { status: 'OK', user: { id: alice.userId } })
  t.same((await follow(alice.session, link)).json(), RESTART, 'and once')
  const later = await signIn(app, alice)
  t.match((await post(later.session, CODE, { email: address })).json(), { status: 'OK' })
  t.match((await post(later.session, CODE, { email: alice.email })).json().status, 'SIGN_IN_UP_NOT_ALLOWED')
})
