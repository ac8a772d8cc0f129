import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { advance, newPhoneNumber, passSecondFactor, requestCode, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { codeOf, enrolApp, isIn, passByApp, post, setUp, wrongCode } from '../second-factor/totp.js'
import { createAuthenticator } from '../second-factor/passkey/authenticator.js'
import { askToRegister, askToVerify, list, post as postPasskey, register } from '../second-factor/passkey/client.js'
import { callsOf, interleave } from './suite/hold-call.js'

// Mallory has Alice's password, and every factor is on: he tries what only their combinations make possible.
const build = (t: Test): Promise<FastifyInstance> =>
  buildApp(t, { secondFactors: ['sms', 'totp', 'email', 'passkey'], oneMailboxForBothFactors: true, emailFactorFlow: 'both' })

const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const enrolled = async (user: SignedInUser) => Object.keys(await metadataOf(user)).filter((key) => /^(?:fastify-2fa:(?:totp|passkey):|fastify-2fa:email$|passwordlessUserId)/.test(key))
const statusOf = (response: { json (): { status: string } }): string => response.json().status
const consume = (user: SignedInUser, code: object) => post(user, '/signinup/code/consume', code)

async function requestMail (app: FastifyInstance, user: SignedInUser) {
  const { deviceId, preAuthSessionId } = (await post(user, '/signinup/code', { email: user.email })).json<Record<string, string>>()
  return { deviceId, preAuthSessionId, userInputCode: app.twoFactor.outbox.last(user.email)?.code }
}

/** How each factor is enrolled: asks, and returns what answers. */
const ENROL: Record<string, (app: FastifyInstance, user: SignedInUser) => Promise<() => Promise<string>>> = {
  async sms (app, user) {
    const code = await requestCode(app, user)
    return async () => statusOf(await consume(user, code))
  },
  async email (app, user) {
    const code = await requestMail(app, user)
    return async () => statusOf(await consume(user, code))
  },
  async totp (_app, user) {
    const { deviceName, secret } = await setUp(user, 'Phone')
    return async () => statusOf(await post(user, '/totp/device/verify', { deviceName, totp: codeOf(secret) }))
  },
  async passkey (_app, user) {
    const { options } = await askToRegister(user)
    const credential = createAuthenticator().create(options)
    return async () => String((await postPasskey(user, 'register', { credential })).status)
  }
}

t.test('any two factors enrolled in two sessions at the same moment: one at most', async (t) => {
  const app = await build(t)
  const factors = Object.entries(ENROL)
  for (const [index, [one, first]] of factors.entries()) {
    for (const [other, second] of factors.slice(index)) {
      const alice = await signUp(app)
      const mallory = await signIn(app, alice)
      const answers = [await first(app, alice), await second(app, mallory)]
      const statuses = await Promise.all(answers.map((answer) => answer()))
      const open = (await Promise.all([alice, mallory].map(isIn))).filter(Boolean).length
      const kept = (await enrolled(alice)).length
      t.ok(kept <= 1 && open === kept, `${one} and ${other}: ${statuses.join(' ')}`)
    }
  }
})

t.test('while Alice tries to remove her only factor, Mallory can enrol none, at no moment', async (t) => {
  const app = await build(t)
  async function setup () {
    const alice = await signUp(app)
    await enrolApp(alice, 'Phone')
    return { alice, mallory: await signIn(app, alice), remove: () => post(alice, '/totp/device/remove', { deviceName: 'Phone' }) }
  }
  const calls = await callsOf((await setup()).remove)
  for (const index of calls.keys()) {
    const { alice, mallory, remove } = await setup()
    const asked: unknown[] = []
    const removed = await interleave(remove, index, async () => {
      asked.push((await post(mallory, '/signinup/code', { phoneNumber: newPhoneNumber() })).json<{ code: string }>().code)
      asked.push((await post(mallory, '/totp/device')).json<{ code: string }>().code)
    })
    t.same(asked, ['AUTH_ENROLMENT_REFUSED', 'AUTH_ENROLMENT_REFUSED'], `call ${index}, ${calls[index]}`)
    t.match(removed.json(), { code: 'AUTH_LAST_FACTOR' })
    t.match(await enrolled(alice), [/totp/])
  }
})

t.test('of two factors that are removed at the same moment one stays, and nobody gets in meanwhile', async (t) => {
  const app = await build(t)
  async function setup () {
    const alice = await signUp(app)
    await enrolApp(alice, 'Phone')
    await register(alice, createAuthenticator())
    const [passkey] = await list(alice)
    const session = alice.session.copy()
    return {
      alice,
      removeApp: () => post(alice, '/totp/device/remove', { deviceName: 'Phone' }),
      removePasskey: () => post({ session }, '/passkey/remove', { id: passkey?.id })
    }
  }
  // The last three are for the message to the owner, after the answer. A session of the kit waits for messages.
  const calls = (await callsOf((await setup()).removeApp)).slice(0, -3)
  const codes = new Set<string | undefined>()
  for (const index of calls.keys()) {
    const { alice, removeApp, removePasskey } = await setup()
    await interleave(removeApp, index, async () => { codes.add((await removePasskey()).json<{ code?: string }>().code) })
    t.equal((await enrolled(alice)).length, 1, `call ${index}, ${calls[index]}`)
  }
  t.ok(codes.has('AUTH_CHANGE_UNDER_WAY'), [...codes].join(' '))
})

t.test('a factor may change others for five minutes, also where it was asked for before', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await enrolApp(alice, 'Phone')
  const late = await setUp(alice, 'Laptop')
  advance(301)
  const mail = await post(alice, '/signinup/code', { email: alice.email })
  t.match(mail.json(), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.match((await post(alice, '/totp/device/verify', { deviceName: 'Laptop', totp: codeOf(late.secret) })).json(), { code: 'AUTH_ENROLMENT_REFUSED' })
  t.equal((await enrolled(alice)).length, 1)
})

t.test('whoever has the password, the phone and the mailbox changes nothing that is stronger', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  t.equal(statusOf(await consume(alice, await requestMail(app, alice))), 'OK')
  await enrolApp(alice, 'Phone')
  await register(alice, createAuthenticator())
  const [passkey] = await list(alice)
  const thief = await signIn(app, alice)
  await passSecondFactor(app, thief)
  t.equal(statusOf(await consume(thief, await requestMail(app, thief))), 'OK')
  for (const [url, payload] of [
    ['/totp/device', {}], ['/totp/device/remove', { deviceName: 'Phone' }], ['/recovery-codes', {}], ['/passkey/register/options', {}], ['/passkey/remove', { id: passkey?.id }]
  ] as Array<[string, object]>) t.match((await post(thief, url, payload)).json(), { code: 'AUTH_ENROLMENT_REFUSED' }, url)
  t.equal((await enrolled(alice)).length, 4)
})

t.test('a challenge of one factor answers no other, whatever passes between', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const secret = await enrolApp(alice, 'Phone')
  const key = createAuthenticator()
  await register(alice, key)
  const next = await signIn(app, alice)
  const { options } = await askToVerify(next)
  t.equal(statusOf(await passByApp(next, secret)), 'OK')
  const forged = createAuthenticator().create({ ...options, rp: { id: 'localhost' }, user: { id: 'AAAA' } })
  t.equal((await postPasskey(next, 'register', { credential: forged })).status, 'RESTART_FLOW_ERROR')
  t.equal(statusOf(await post(next, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(secret) })), 'UNKNOWN_DEVICE_ERROR')
  t.equal((await postPasskey(next, 'verify', { credential: key.get(options) })).status, 'RESTART_FLOW_ERROR', 'it ended with the session that asked for it')
  const { options: fresh } = await askToVerify(next)
  t.equal((await postPasskey(next, 'verify', { credential: key.get(fresh) })).status, 'OK')
  t.equal((await postPasskey(next, 'verify', { credential: key.get(fresh) })).status, 'RESTART_FLOW_ERROR')
  t.equal((await enrolled(alice)).length, 2)
})

t.test('whoever passes by SMS again and again has no more guesses at the authenticator app', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const secret = await enrolApp(alice, 'Phone')
  // Mallory has the password and the phone, in a network of his own. Each code by SMS clears the count of failures in a row.
  const mallory = await signIn(app, alice)
  const elsewhere = async (url: string, payload: object) => await mallory.session.inject({ method: 'POST', url: `/auth${url}`, remoteAddress: '203.0.113.9', payload })
  async function passBySms () {
    const asked = (await elsewhere('/signinup/code', { phoneNumber: mallory.phoneNumber })).json<Record<string, string>>()
    return statusOf(await elsewhere('/signinup/code/consume', { ...asked, userInputCode: app.twoFactor.outbox.last(mallory.phoneNumber)?.code }))
  }
  t.equal(await passBySms(), 'OK')
  t.equal(statusOf(await elsewhere('/totp/verify', { totp: wrongCode(secret) })), 'INVALID_TOTP_ERROR')
  t.equal(await passBySms(), 'OK')
  const guesses = 'fastify-2fa:guesses'
  const record = (await metadataOf(alice))[guesses] as { total: number }
  t.equal(Math.round(record.total), 1, 'which the second count remembers')
  await UserMetadata.updateUserMetadata(alice.userId, { [guesses]: { ...record, total: 50, at: Date.now() } })
  t.match((await elsewhere('/totp/verify', { totp: wrongCode(secret) })).json(), { status: 'LIMIT_REACHED_ERROR', message: /in the last weeks/ })
  t.equal(await passBySms(), 'OK', 'the phone passes there as before')
  t.match((await elsewhere('/totp/verify', { totp: wrongCode(secret) })).json(), { status: 'LIMIT_REACHED_ERROR' })
  t.equal(statusOf(await passByApp(await signIn(app, alice), secret)), 'OK', 'and the owner passes by the app where she did before')
})

t.test('a code that is sent again and again in a session that it has opened leaves no marks', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const secret = await enrolApp(alice, 'Phone')
  const next = await signIn(app, alice)
  await passByApp(next, secret)
  const before = Object.keys(await metadataOf(alice)).length
  for (let i = 0; i < 8; i++) t.not(statusOf(await post(next, '/totp/verify', { totp: codeOf(secret) })), 'OK')
  t.equal(Object.keys(await metadataOf(alice)).length, before)
})

t.test('of twenty requests for new recovery codes at once one makes them: each keeps a thread busy', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await enrolApp(alice, 'Phone')
  const answers = await Promise.all(Array.from({ length: 20 }, () => post({ session: alice.session.copy() }, '/recovery-codes')))
  t.ok(answers.filter((one) => statusOf(one) === 'OK').length <= 1)
  t.ok(answers.every((one) => statusOf(one) === 'OK' || one.json<{ code: string }>().code === 'AUTH_CHANGE_UNDER_WAY'), answers.map(({ body }) => body.slice(0, 60)).join(' '))
  t.equal(statusOf(await post(alice, '/recovery-codes')), 'OK', 'nobody waits afterwards')
})
