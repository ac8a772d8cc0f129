import supertokens from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { newPhoneNumber } from '../../../src/testing/index.js'
import { accessTokenOf, assertOut, createClient, describe, FEW_MANNERS, fields, finishedUser, isByPhone, isIn, newLogin, newUser, PASSWORD, payloadOf, post, withPassword } from './clients.js'
import { answerOf, isBySms, passFactor, requestChallenge, wayOf } from './way.js'
import { isFault, isRefused } from '../../refused.js'

const RIDS = ['session', 'emailpassword', 'thirdparty', 'thirdpartyemailpassword', 'passwordless', 'thirdpartypasswordless', 'anti-csrf', 'usermetadata', 'multitenancy', 'totp', 'oauth2provider', 'nonsense', '']

/** As people type it: `+1 (212) 555-0101`. */
const typed = (e164: string): string => e164.replace(/^\+1(\d{3})(\d{3})/, '+1 ($1) $2-')
const fullWidth = (text: string): string => text.replace(/\d/g, (digit) => String.fromCodePoint(0xFF10 + Number(digit)))

export async function attackFirstFactor (t: Test, app: FastifyInstance): Promise<void> {
  const byPhone = isByPhone(app)
  const claim = app.twoFactor.secondFactor.claim.key
  const login = () => newLogin(app)

  await t.test('says in the sign-up form that the second factor has passed', async (t) => {
    const forged = { [claim]: { v: true, t: Date.now() }, '2fa-completed': true, phoneNumber: newPhoneNumber() }
    const extras = [
      forged, { accessTokenPayload: forged }, { userContext: { session: 'x', accessTokenPayload: forged } }, { user: { id: 'x' }, metadata: { passwordlessUserId: 'x' } }, { sessionDataInDatabase: forged },
      { tenantId: 'other', userId: 'x', recipeUserId: 'x', session: {}, shouldTryLinkingWithSessionUser: true }
    ]
    for (const extra of [...extras, JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}') as object]) {
      for (const path of ['/auth/signup', '/auth/signin']) {
        const session = createClient(app)
        const name = path === '/auth/signup' ? login() : (await newUser(app)).email
        const response = await post(session, path, { ...fields(name), ...extra })
        t.equal(response.json().status, 'OK')
        t.strictSame([(payloadOf(session)[claim] as { v: unknown }).v, payloadOf(session).tId], [false, 'public'])
        await assertOut(t, session)
      }
    }
    t.equal(Reflect.get({}, 'isAdmin'), undefined)
    for (const field of [{ id: 'passwordlessUserId', value: 'x' }, { id: claim, value: true }, { id: 'email', value: login() }, { id: '__proto__', value: 'x' }]) {
      const session = createClient(app)
      const { formFields } = fields(login())
      const response = await post(session, '/auth/signup', { formFields: [...formFields, field] })
      t.notOk(session.cookies.size > 0 && payloadOf(session)[claim] === true, response.body)
      t.ok([200, 400].includes(response.statusCode))
    }
  })

  await t.test('names two accounts in one form, to be counted as one and signed in as the other', async (t) => {
    const [alice, mallory] = [await newUser(app), await newUser(app)]
    for (const formFields of [
      [{ id: 'email', value: mallory.email }, { id: 'email', value: alice.email }, { id: 'password', value: PASSWORD }],
      [{ id: 'email', value: mallory.email }, { id: 'password', value: PASSWORD }, { id: 'password', value: 'x' }]
    ]) isRefused(t, await post(createClient(app), '/auth/signin', { formFields }), 'AUTH_BODY_INVALID')
  })

  await t.test('climbs from a finished session of Mallory\'s into an account whose password is known', async (t) => {
    const alice = await newUser(app)
    for (const manner of FEW_MANNERS) {
      const mallory = await finishedUser(app, manner)
      for (const [path, name] of [['/auth/signin', alice.email], ['/auth/signup', login()]] as const) {
        for (const flag of [{}, { shouldTryLinkingWithSessionUser: true }]) {
          const session = mallory.session.copy()
          // With phone + password, a number can be signed up with again until it has answered a code.
          const isTaken = !byPhone && path === '/auth/signup' && 'shouldTryLinkingWithSessionUser' in flag
          t.equal((await post(session, path, { ...fields(name), ...flag })).json().status, isTaken ? 'FIELD_ERROR' : 'OK', describe(manner))
          if (isTaken) continue
          t.not(payloadOf(session).sub, mallory.userId)
          t.not(payloadOf(session).sessionHandle, payloadOf(mallory.session).sessionHandle)
          await assertOut(t, session, describe(manner))
        }
      }
    }
  })

  await t.test('links an account of Mallory\'s to Alice\'s from a session that has only the password', async (t) => {
    const enrolled = await finishedUser(app)
    for (const manner of FEW_MANNERS) {
      const alice = await withPassword(app, enrolled, manner)
      await post(alice.session.copy(), '/auth/signup', { ...fields(login()), shouldTryLinkingWithSessionUser: true })
      const user = await supertokens.getUser(alice.userId)
      t.equal(user?.loginMethods.length, 1, describe(manner))
      t.equal(user?.isPrimaryUser, false)
    }
  })

  await t.test('plants a session in Alice\'s browser before she signs in', async (t) => {
    for (const manner of FEW_MANNERS) {
      const mallory = await newUser(app, manner)
      const planted = mallory.session.copy()
      const alice = await newUser(app)
      t.equal((await post(planted, '/auth/signin', fields(alice.email))).json().status, 'OK')
      await passFactor(app, { ...alice, session: planted })
      t.not(payloadOf(planted).sessionHandle, payloadOf(mallory.session).sessionHandle)
      t.ok(await isIn(planted))
      await assertOut(t, mallory.session, describe(manner))
      await post(mallory.session, '/auth/session/refresh')
      t.equal(payloadOf(mallory.session).sub, mallory.userId)
      await assertOut(t, mallory.session, describe(manner))
    }
  })

  await t.test('keeps the token from before the second factor', async (t) => {
    const alice = await newUser(app)
    const early = alice.session.copy()
    await passFactor(app, alice)
    await assertOut(t, early)
    t.ok(await isIn(alice.session))
    for (let i = 0; i < 2; i++) {
      t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 200)
      t.equal((await post(early, '/auth/session/refresh')).statusCode, 409, 'its session has been replaced')
      await assertOut(t, early)
    }
    t.ok(await isIn(alice.session))
  })

  await t.test('picks another recipe by the rid header', async (t) => {
    const alice = await finishedUser(app)
    const half = await withPassword(app, alice)
    const { ask, input } = wayOf(app)
    for (const rid of RIDS) {
      const headers = { rid, 'fdi-version': RIDS.indexOf(rid) % 2 === 0 ? '4.1' : '1.18' }
      for (const path of ['/auth/signup/email/exists?email=', '/auth/public/signup/email/exists?email=', '/auth/signup/phonenumber/exists?phoneNumber=', '/auth/passwordless/phonenumber/exists?phoneNumber=']) {
        const subject = path.includes('phone') ? alice.phoneNumber : alice.email
        const { body } = await app.inject({ url: path + encodeURIComponent(subject), headers })
        t.notMatch(body, '"exists":true', `${rid} ${path}`)
      }
      t.equal((await app.inject({ method: 'POST', url: ask, headers, payload: input(alice) })).statusCode, 401, rid)
      if (isBySms(app)) isRefused(t, await post(half.session, ask, { phoneNumber: newPhoneNumber() }, headers), 'AUTH_PHONE_MISMATCH', rid)
      const session = createClient(app)
      await post(session, '/auth/signin', fields(alice.email), headers)
      await assertOut(t, session, rid)
    }
  })

  await t.test('asks who has an account', async (t) => {
    const alice = await finishedUser(app)
    const refusals = await Promise.all([alice.email, login()].map((name) => post(createClient(app), '/auth/signin', fields(name, 'wrong horse 1'))))
    const [known, unknown] = refusals.map(({ statusCode, body, headers: { date: _date, ...headers } }) => ({ statusCode, body, headers }))
    t.same(known, unknown)
    if (byPhone) return
    const resets = await Promise.all([alice.email, login()].map((name) => post(createClient(app), '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: name }] })))
    t.same(resets[0]?.body, resets[1]?.body)
  })

  await t.test('deletes nothing by being deleted: an account without its user finishes nothing', async (t) => {
    const alice = await newUser(app)
    const challenge = await requestChallenge(app, alice)
    await supertokens.deleteUser(alice.userId)
    t.equal((await post(alice.session, answerOf(app, challenge), challenge)).statusCode, 401)
    await assertOut(t, alice.session)
    t.equal((await post(alice.session, '/auth/session/refresh')).statusCode, 401)
  })

  if (isBySms(app)) await t.test('spells a number in another way', (t) => spellNumbers(t, app))

  await t.test('stays signed in when the password, or the number, is changed', async (t) => {
    const changes = { password: { password: 'correct horse 2' }, ...(byPhone && { number: { email: newPhoneNumber() } }) }
    for (const [what, change] of Object.entries(changes)) {
      const alice = await finishedUser(app)
      const half = await withPassword(app, alice)
      const challenge = await requestChallenge(app, half)
      const result = await EmailPassword.updateEmailOrPassword({ recipeUserId: supertokens.convertToRecipeUserId(alice.userId), ...change })
      t.equal(result.status, 'OK')
      t.equal((await post(half.session.copy(), answerOf(app, challenge), challenge)).statusCode, 401, `${what}: finishing`)
      for (const { session } of [alice, half]) {
        t.equal((await session.copy().inject('/host/alive')).statusCode, 401, what)
        t.equal((await post(session, '/auth/session/refresh')).statusCode, 401, what)
      }
    }
  })

  if (byPhone) return

  await t.test('resets the password: no session and no claim survives, and the link cannot be led astray', async (t) => {
    const alice = await finishedUser(app)
    const half = await withPassword(app, alice)
    const challenge = await requestChallenge(app, half)
    const headers = { host: 'evil.example', origin: 'https://evil.example', referer: 'https://evil.example/', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
    await post(createClient(app), '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: alice.email }] }, headers)
    const link = new URL(app.twoFactor.outbox.last(alice.email)?.link ?? '')
    t.equal(link.origin, 'http://localhost:3001')
    const reset = (password: string) => post(createClient(app), '/auth/user/password/reset', { method: 'token', token: link.searchParams.get('token'), formFields: [{ id: 'password', value: password }] })
    const [one, other] = await Promise.all([reset('correct horse 2'), reset('correct horse 3')])
    t.same([one.json().status, other.json().status].sort(), ['OK', 'RESET_PASSWORD_INVALID_TOKEN_ERROR'])
    t.not((await reset('correct horse 4')).json().status, 'OK')
    t.equal(one.cookies.length + other.cookies.length, 0, 'and signs nobody in')
    t.equal((await post(half.session, answerOf(app, challenge), challenge)).statusCode, 401)
    for (const { session } of [alice, half]) t.equal((await post(session, '/auth/session/refresh')).statusCode, 401)
    const thief = await withPassword(app, { ...alice, password: one.json().status === 'OK' ? 'correct horse 2' : 'correct horse 3' })
    await assertOut(t, thief.session)
    if (isBySms(app)) isRefused(t, await post(thief.session, '/auth/signinup/code', { phoneNumber: newPhoneNumber() }), 'AUTH_PHONE_MISMATCH', 'the phone is still pinned')
    t.ok(accessTokenOf(thief.session) !== '')
  })
}

async function spellNumbers (t: Test, app: FastifyInstance): Promise<void> {
  const byPhone = isByPhone(app)
  const phoneNumber = newPhoneNumber()
  const spellings = [phoneNumber, typed(phoneNumber), `  ${phoneNumber}  `, fullWidth(phoneNumber), phoneNumber.replace(/(...)/g, '$1\u00a0'), phoneNumber.replace(/(...)$/, '-$1')]
  const alice = byPhone ? { ...await newUser(app), email: typed(phoneNumber), phoneNumber } : { ...await newUser(app), phoneNumber: typed(phoneNumber) }
  if (byPhone) t.equal((await post(alice.session, '/auth/signup', fields(alice.email))).json().status, 'OK')
  else t.equal((await post(alice.session, '/auth/signinup/code', { phoneNumber: alice.phoneNumber })).json().status, 'OK')
  await passFactor(app, { ...alice, phoneNumber })
  for (const spelling of spellings) {
    if (byPhone) t.equal((await post(createClient(app), '/auth/signup', fields(spelling))).json().status, 'FIELD_ERROR', JSON.stringify(spelling))
    const again = createClient(app)
    await post(again, '/auth/signin', fields(byPhone ? spelling : alice.email))
    t.equal(payloadOf(again).sub, payloadOf(alice.session).sub, JSON.stringify(spelling))
    t.equal((await post(again, '/auth/signinup/code', { phoneNumber: spelling })).json().status, 'OK', JSON.stringify(spelling))
    t.equal(app.twoFactor.outbox.last()?.to, phoneNumber)
  }
  const near = [`${phoneNumber}0`, phoneNumber.slice(0, -1), `${phoneNumber};ext=1`, `${phoneNumber} ext. 5`, `${phoneNumber},${newPhoneNumber()}`, `${newPhoneNumber()},${phoneNumber}`, `tel:${phoneNumber};phone-context=x`, `${phoneNumber}@example.com`, 'PINNED', ' pinned', 'pinned\u0000', `pinned${phoneNumber}`]
  const thief = await withPassword(app, { ...alice, email: byPhone ? phoneNumber : alice.email })
  for (const number of near) {
    const before = app.twoFactor.outbox.last()
    const response = await post(thief.session, '/auth/signinup/code', { phoneNumber: number })
    const after = app.twoFactor.outbox.last()
    t.notOk(isFault(response), number)
    if (response.json().status === 'OK') t.equal(after?.to, phoneNumber, number)
    else t.same(after, before, number)
  }
}
