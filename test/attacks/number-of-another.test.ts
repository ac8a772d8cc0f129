import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import supertokens, { getUser } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Multitenancy from 'supertokens-node/recipe/multitenancy'
import * as Session from 'supertokens-node/recipe/session'
import t, { type Test } from 'tap'
import { signUpWithUnprovenNumbers } from '../../src/first-factor/unproven-numbers.js'
import { createTestSession, newPhoneNumber, requestCode, signIn, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { isIn, payloadOf, wrongOf } from './suite/clients.js'
import { breakOff, callsOf, interleave } from './suite/hold-call.js'
import { recordAudit } from '../audit/record.js'

/** Phone + password: Mallory signs up with Alice's number before she does. Nobody can answer a code to it but Alice. */
const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { firstFactor: 'phone-password', defaultCountry: 'US' })

const MALLORYS = 'mallory knows 1'
const ALICES = 'alice knows 1'
const TRANSFER_METHODS = ['cookie', 'header'] as const

const post = (session: Pick<SignedInUser['session'], 'inject'>, url: string, payload: object = {}) => session.inject({ method: 'POST', url: `/auth${url}`, payload })
const formFields = (email: string, password: string) => ({ formFields: [{ id: 'email', value: email }, { id: 'password', value: password }] })
const ask = ({ session, phoneNumber }: SignedInUser) => post(session, '/signinup/code', { phoneNumber })
const answer = ({ session }: SignedInUser, code: object): Promise<LightMyRequestResponse> => post(session, '/signinup/code/consume', code)
const holderOf = async (number: string): Promise<string | undefined> => (await supertokens.listUsersByAccountInfo('public', { email: number }))[0]?.id

/** Mallory's account and Alice's, of the same number. */
async function both (app: FastifyInstance, transferMethod: 'cookie' | 'header' = 'cookie', phoneNumber = newPhoneNumber()) {
  const mallory = await signUp(app, { phoneNumber, password: MALLORYS, transferMethod })
  const alice = await signUp(app, { phoneNumber, password: ALICES, transferMethod })
  return { phoneNumber, mallory, alice }
}

const isWrite = (step: string | undefined): boolean => step?.startsWith('GET ') === false

/** Neither the session nor the password leads to the number any more. */
async function assertShutOut (t: Test, app: FastifyInstance, { session, password, phoneNumber }: SignedInUser, what = ''): Promise<void> {
  t.notOk(await isIn(session.copy()), `${what}: the session never passed`)
  t.not((await post(session.copy(), '/signinup/code', { phoneNumber })).json().status, 'OK', `${what}: asking`)
  t.equal((await post(createTestSession(app), '/signin', formFields(phoneNumber, password))).json().status, 'WRONG_CREDENTIALS_ERROR', `${what}: the password`)
}

for (const transferMethod of TRANSFER_METHODS) {
  t.test(`whoever answers the code gets the number, with ${transferMethod} sessions`, async (t) => {
    const app = await build(t)
    const events = recordAudit(t)

    const phoneNumber = newPhoneNumber()
    const mallory = await signUp(app, { phoneNumber, password: MALLORYS, transferMethod })
    const malloryAgain = await signIn(app, { ...mallory, transferMethod })
    const session = createTestSession(app, transferMethod)
    const signedUp = await post(session, '/signup', formFields(phoneNumber.replace('+1', ''), ALICES))
    t.match(signedUp.json(), { status: 'OK', user: { emails: [phoneNumber], loginMethods: [{ email: phoneNumber }] } })
    t.notMatch(signedUp.body, 'fastify-2fa.invalid', 'nothing tells that somebody else has signed up')
    const alice = { ...mallory, session, password: ALICES, userId: signedUp.json().user.id as string }
    t.equal((await session.inject('/sessioninfo')).statusCode, 403)
    t.match(payloadOf(session), { phoneNumber })

    // Until the code is answered, Mallory's account is as it was.
    t.equal((await signIn(app, { ...mallory, transferMethod })).userId, mallory.userId)
    t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
    t.ok(await isIn(alice.session))

    t.same((await getUser(alice.userId))?.emails, [phoneNumber])
    for (const one of [mallory, malloryAgain]) {
      await assertShutOut(t, app, one)
      t.equal((await post(one.session, '/session/refresh')).statusCode, 401)
    }
    t.same(await Session.getAllSessionHandlesForUser(mallory.userId), [])
    t.match(await getUser(mallory.userId), { emails: [/^freed\.[-\w]{36}@fastify-2fa\.invalid$/] }, 'the account is not deleted')
    t.match(events.filter(({ type }) => type === 'number.lost'), [{ userId: mallory.userId, phone: `+1••••••••${phoneNumber.slice(-2)}` }])
    t.notMatch(JSON.stringify(events), phoneNumber.slice(2))

    const again = await signIn(app, { ...alice, transferMethod })
    t.equal(again.userId, alice.userId)
    t.equal((await answer(again, await requestCode(app, again))).json().status, 'OK')
    t.match((await post(createTestSession(app), '/signup', formFields(phoneNumber, MALLORYS))).json(), { status: 'FIELD_ERROR', formFields: [{ id: 'email' }] }, 'it is taken from now on')
    t.equal((await ask(alice)).json().status, 'OK', 'the session goes on')
  })

  t.test(`a code of one account is none of the other, with ${transferMethod} sessions`, async (t) => {
    const app = await build(t)
    const { alice, mallory } = await both(app, transferMethod)
    const hers = await requestCode(app, alice)
    const his = await requestCode(app, mallory)
    t.same((await answer(mallory, hers)).json(), { status: 'RESTART_FLOW_ERROR' })
    t.same((await answer(alice, his)).json(), { status: 'RESTART_FLOW_ERROR' })
    t.match((await answer(mallory, { ...his, userInputCode: wrongOf(his) })).json(), { status: 'INCORRECT_USER_INPUT_CODE_ERROR' })
    t.equal(await holderOf(alice.phoneNumber), mallory.userId)
    t.equal((await answer(alice, hers)).json().status, 'OK')
    t.not((await answer(mallory, his)).json().status, 'OK')
    await assertShutOut(t, app, mallory)
    t.ok(await isIn(alice.session))
  })
}

t.test('wrong codes of an account that waits count as always, and move nothing', async (t) => {
  const app = await build(t)
  const { alice, mallory } = await both(app)
  const code = await requestCode(app, alice)
  const wrong = { ...code, userInputCode: wrongOf(code) }
  for (let i = 0; i < 4; i++) t.match((await answer(alice, wrong)).json(), { status: 'INCORRECT_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount: i + 1 })
  t.equal((await answer(alice, wrong)).json().status, 'RESTART_FLOW_ERROR')
  t.match((await answer(alice, code)).json(), { status: 'GENERAL_ERROR', message: /Too many wrong codes/ })
  t.equal(await holderOf(alice.phoneNumber), mallory.userId)
})

t.test('of several accounts that wait, the first that answers gets the number, and the others are told', async (t) => {
  const app = await build(t)
  const { alice, phoneNumber } = await both(app)
  const late = await signUp(app, { phoneNumber, password: ALICES })
  const lateCode = await requestCode(app, late)
  t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
  const told = { message: /sign in with the number/, code: 'AUTH_NUMBER_TAKEN' }
  app.twoFactor.outbox.clear()
  t.match((await ask(late)).json(), { status: 'SIGN_IN_UP_NOT_ALLOWED', ...told })
  t.match((await post(late.session, '/signinup/code/resend', lateCode)).json(), { status: 'GENERAL_ERROR', ...told })
  t.same(app.twoFactor.outbox.entries(), [], 'nothing is sent to a number whose owner is known')
  t.not((await answer(late, lateCode)).json().status, 'OK')
  t.equal(await holderOf(phoneNumber), alice.userId)
  t.notOk(await isIn(late.session))
})

t.test('answers at the same moment have one winner', async (t) => {
  const app = await build(t)
  for (let round = 0; round < 2; round++) {
    const { alice, phoneNumber } = await both(app)
    const claims = []
    for (const user of [alice, ...await Promise.all(Array.from({ length: 3 }, () => signUp(app, { phoneNumber, password: ALICES })))]) claims.push({ user, code: await requestCode(app, user) })
    const statuses = await Promise.all([...claims, claims[0]!].map(async ({ user, code }) => (await answer(user, code)).json().status as string))
    const inside = (await Promise.all(claims.map(async ({ user }) => await isIn(user.session) ? user.userId : []))).flat()
    t.equal(inside.length, 1, statuses.join())
    t.equal(await holderOf(phoneNumber), inside[0])
  }
})

t.test('an answer that breaks off anywhere leaves a number that Alice gets, and Mallory does not', async (t) => {
  const app = await build(t)
  const first = await both(app)
  const firstCode = await requestCode(app, first.alice)
  const steps = await callsOf(() => answer(first.alice, firstCode))
  t.ok(steps.includes('PUT /recipe/user'))
  let rounds = 0
  for (const [index, step] of steps.entries()) {
    if (!isWrite(step)) continue
    const { phoneNumber, mallory, alice } = await both(app)
    const code = await requestCode(app, alice)
    await breakOff(() => answer(alice, code), index)
    t.notOk(await isIn(mallory.session), step)
    // What Alice does then: she types the code again, or asks for another one; or she has lost the session.
    if (++rounds % 2 === 0) {
      const response = await answer(alice, code)
      if (response.json().status !== 'OK') t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK', step)
      t.ok(await isIn(alice.session), step)
    } else {
      const session = createTestSession(app)
      const signedIn = await post(session, '/signin', formFields(phoneNumber, ALICES))
      if (signedIn.json().status !== 'OK') t.equal((await post(session, '/signup', formFields(phoneNumber, ALICES))).json().status, 'OK', step)
      t.equal((await answer({ ...alice, session }, await requestCode(app, { ...alice, session }))).json().status, 'OK', step)
      t.ok(await isIn(session), step)
    }
    await assertShutOut(t, app, mallory, step)
  }
})

t.test('Mallory can do nothing between two steps of Alice\'s answer', async (t) => {
  const app = await build(t)
  const first = await both(app)
  const firstCode = await requestCode(app, first.alice)
  const steps = await callsOf(() => answer(first.alice, firstCode))
  for (const [index, step] of steps.entries()) {
    if (!isWrite(step) && !isWrite(steps[index + 1])) continue
    const { phoneNumber, mallory, alice } = await both(app)
    const code = await requestCode(app, alice)
    const others: SignedInUser[] = [mallory]
    const response = await interleave(() => answer(alice, code), index, async () => {
      const session = createTestSession(app)
      const signedUp = await post(session, '/signup', formFields(phoneNumber, MALLORYS))
      if (signedUp.json().status === 'OK') others.push({ ...mallory, session })
      await ask(others.at(-1)!)
    })
    t.equal(response.json().status, 'OK', step)
    t.ok(await isIn(alice.session), step)
    t.equal(await holderOf(phoneNumber), alice.userId, step)
    for (const one of others) await assertShutOut(t, app, one, step)
  }
})

t.test('whoever loops sign-ups with one number fills six names, and Alice still gets it', async (t) => {
  const app = await build(t)
  const phoneNumber = newPhoneNumber()
  await signUp(app, { phoneNumber, password: MALLORYS })
  const oldest = await signUp(app, { phoneNumber, password: MALLORYS })
  for (let i = 0; i < 6; i++) await signUp(app, { phoneNumber, password: MALLORYS })
  t.equal((await ask(oldest)).statusCode, 401, 'the oldest that waited has made room')
  const statuses = await Promise.all(Array.from({ length: 6 }, async () => (await post(createTestSession(app), '/signup', formFields(phoneNumber, MALLORYS))).json().status as string))
  t.same(statuses.filter((status) => status !== 'OK' && status !== 'GENERAL_ERROR'), [], 'nobody is told that the number is taken')
  const alice = await signUp(app, { phoneNumber, password: ALICES })
  const code = await requestCode(app, alice)
  for (let i = 0; i < 5; i++) await signUp(app, { phoneNumber, password: MALLORYS })
  const { users } = await supertokens.getUsersNewestFirst({ tenantId: 'public', limit: 100 })
  t.equal(users.filter(({ emails }) => emails[0]?.includes(phoneNumber.slice(1)) === true).length, 7, 'six wait, one has it')
  t.equal((await answer(alice, code)).json().status, 'OK')
  t.equal(await holderOf(phoneNumber), alice.userId)
})

t.test('an answer of an earlier account proves nothing for whoever signs up later', async (t) => {
  const app = await build(t)
  const taken = (number: string) => post(createTestSession(app), '/signup', formFields(number, MALLORYS)).then((response) => response.json().status as string)
  const earlier = await signInWithSecondFactor(app)
  const { phoneNumber } = earlier
  await supertokens.deleteUser(earlier.userId)

  const { alice } = await both(app, 'cookie', phoneNumber)
  t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
  t.equal(await taken(phoneNumber), 'FIELD_ERROR')
  await supertokens.deleteUser(alice.userId)

  // Alice comes back before Mallory does.
  await signInWithSecondFactor(app, { phoneNumber })
  t.equal(await taken(phoneNumber), 'FIELD_ERROR')
})

t.test('a number in an earlier form of its country is the same number', async (t) => {
  const app = await build(t)
  const [older, current] = ['+5215512340987', '+525512340987']
  const mallory = await signUp(app, { phoneNumber: newPhoneNumber(), password: MALLORYS })
  const { core } = app.twoFactor
  await core.fetch(`${core.connectionURI}/recipe/user`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'cdi-version': '5.4', rid: 'emailpassword' },
    body: JSON.stringify({ recipeUserId: mallory.userId, email: older })
  })
  const alice = await signUp(app, { email: '+52 1 55 1234 0987', phoneNumber: current, password: ALICES })
  t.not(alice.userId, mallory.userId)
  t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
  t.same([await holderOf(current), await holderOf(older)], [alice.userId, undefined])
  t.equal((await signIn(app, { ...alice, email: older })).userId, alice.userId)
})

t.test('nobody signs in to a placeholder or learns of it', async (t) => {
  const app = await build(t)
  const { phoneNumber, alice } = await both(app)
  const placeholder = (await getUser(alice.userId))!.emails[0]!
  t.match(placeholder, /^pending\.\d\.\d+@fastify-2fa\.invalid$/)
  for (const spelling of [placeholder, ` ${placeholder.toUpperCase()}`]) {
    t.equal((await post(createTestSession(app), '/signin', formFields(spelling, ALICES))).json().status, 'FIELD_ERROR')
    t.equal((await post(createTestSession(app), '/signup', formFields(spelling, ALICES))).json().status, 'FIELD_ERROR')
    t.equal((await EmailPassword.signIn('public', spelling, ALICES)).status, 'WRONG_CREDENTIALS_ERROR')
    t.equal((await EmailPassword.verifyCredentials('public', spelling, ALICES)).status, 'WRONG_CREDENTIALS_ERROR')
  }
  t.equal((await post(createTestSession(app), '/signin', formFields(phoneNumber, ALICES))).json().status, 'WRONG_CREDENTIALS_ERROR')

  // What forms ask while people type, where the host has `existenceChecks`.
  const { emailExistsGET } = signUpWithUnprovenNumbers.apis!({ emailExistsGET: async () => ({ status: 'OK', exists: true }) } as never)
  const exists = async (email: string) => (await emailExistsGET!({ email, tenantId: 'public', userContext: {} } as never) as { exists: boolean }).exists
  t.same([await exists(phoneNumber), await exists(placeholder)], [false, false])
  t.equal(await exists((await signInWithSecondFactor(app)).phoneNumber), true)
})

t.test('what the Core is asked: nothing more at a login, and as much for an unknown number as for a known one', async (t) => {
  const app = await build(t)
  const user = await signInWithSecondFactor(app)
  const wrong = (number: string) => callsOf(() => post(createTestSession(app), '/signin', formFields(number, 'wrong horse 1')))
  // The first one creates the decoy.
  await wrong(newPhoneNumber())
  const [known, unknown] = [await wrong(user.phoneNumber), await wrong(newPhoneNumber())]
  t.same(unknown, known)
  t.ok(known.includes('POST /public/recipe/signin'))

  const again = await signIn(app, user)
  let code: object = {}
  t.same(await callsOf(async () => { code = await requestCode(app, again) }), [
    'GET /recipe/session', 'GET /user/id', 'GET /recipe/user/metadata', 'GET /public/users/by-accountinfo', 'POST /public/recipe/signinup/code', 'PUT /recipe/session/data'
  ])
  t.same(await callsOf(() => answer(again, code)), [
    'GET /recipe/session', 'GET /user/id', 'GET /recipe/user/metadata', 'POST /public/recipe/signinup/code/consume', 'POST /public/recipe/session', 'POST /recipe/session/remove'
  ])
})

t.test('tenants have numbers of their own', async (t) => {
  const app = await build(t)
  await Multitenancy.createOrUpdateTenant('other', { firstFactors: ['emailpassword', 'otp-phone'] })
  const { mallory, alice, phoneNumber } = await both(app)
  const session = createTestSession(app)
  t.equal((await post(session, '/other/signup', formFields(phoneNumber, ALICES))).json().status, 'OK')
  const elsewhere = { ...alice, session }
  t.equal((await answer(elsewhere, await requestCode(app, elsewhere))).json().status, 'OK')
  t.ok(await isIn(elsewhere.session))
  t.equal(await holderOf(phoneNumber), mallory.userId)
  t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
  t.equal(await holderOf(phoneNumber), alice.userId)
  t.match((await post(createTestSession(app), '/other/signup', formFields(phoneNumber, MALLORYS))).json(), { status: 'FIELD_ERROR' })
})

t.test('a host that signs people up by itself keeps nobody out either', async (t) => {
  const app = await build(t)
  const mallory = await signUp(app, { password: MALLORYS })
  const { phoneNumber } = mallory
  const result = await EmailPassword.signUp('public', phoneNumber, ALICES)
  if (result.status !== 'OK') throw new Error(result.status)
  const tokens = (await Session.createNewSessionWithoutRequestResponse('public', result.recipeUserId)).getAllSessionTokensDangerously()
  const session = createTestSession(app, 'header', { cookies: new Map(), tokens: new Map([['st-access-token', tokens.accessToken]]) })
  const alice = { ...mallory, session, userId: result.user.id }
  t.equal((await answer(alice, await requestCode(app, alice))).json().status, 'OK')
  t.equal(await holderOf(phoneNumber), alice.userId)
  t.equal((await EmailPassword.signUp('public', phoneNumber, ALICES)).status, 'EMAIL_ALREADY_EXISTS_ERROR')
  t.equal((await EmailPassword.signIn('public', phoneNumber, ALICES)).status, 'OK')
})
