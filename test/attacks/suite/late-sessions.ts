import supertokens from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { newPhoneNumber, type SignedInUser, type TestSession } from '../../../src/testing/index.js'
import { createClient, fields, isByPhone, newLogin, newUser, PASSWORD, post, withPassword } from './clients.js'
import { callsOf, interleave } from './hold-call.js'
import { passFactor, requestChallenge, wayOf } from './way.js'

const NEW_PASSWORD = 'correct horse 2'

const recipeUserId = ({ userId }: SignedInUser) => supertokens.convertToRecipeUserId(userId)

async function byHost (user: SignedInUser, change: { email?: string, password?: string }): Promise<void> {
  const { status } = await EmailPassword.updateEmailOrPassword({ recipeUserId: recipeUserId(user), ...change })
  if (status !== 'OK') throw new Error(status)
}

async function byLink (app: FastifyInstance, { email }: SignedInUser): Promise<void> {
  const client = createClient(app)
  await post(client, '/auth/user/password/reset/token', { formFields: [{ id: 'email', value: email }] })
  const token = new URL(app.twoFactor.outbox.last(email)?.link ?? '').searchParams.get('token')
  const response = await post(client, '/auth/user/password/reset', { method: 'token', token, formFields: [{ id: 'password', value: NEW_PASSWORD }] })
  if (response.json().status !== 'OK') throw new Error(response.body)
}

/** The session can neither be refreshed nor be used to enrol, and the Core knows of none. */
async function assertDead (t: Test, app: FastifyInstance, user: SignedInUser, session: TestSession, what: string): Promise<void> {
  const way = wayOf(app)
  t.equal((await post(session.copy(), way.ask, way.input(user))).statusCode, 401, `${what}: enrolling`)
  t.equal((await post(session, '/auth/session/refresh')).statusCode, 401, `${what}: refreshing`)
}

/** Sessions that are being created while all sessions of their user end. */
export async function attackLateSessions (t: Test, app: FastifyInstance): Promise<void> {
  const reset = (user: SignedInUser) => isByPhone(app) ? byHost(user, { password: NEW_PASSWORD }) : byLink(app, user)
  const changes = {
    'a reset': reset,
    'a password set by the host': (user: SignedInUser) => byHost(user, { password: NEW_PASSWORD }),
    'another login': (user: SignedInUser) => byHost(user, { email: newLogin(app) })
  }
  const known = await newUser(app)
  const steps = await callsOf(() => withPassword(app, known))
  // When the password has been found right, and what is known of the account was read.
  const proven = steps.findIndex((call) => call === 'GET /recipe/user/metadata')
  t.ok(proven > 0 && proven < steps.lastIndexOf('POST /public/recipe/session'))

  for (const [what, change] of Object.entries(changes)) {
    await t.test(`signs in with the old password while there is ${what}, at every step`, async (t) => {
      const endsAll = what !== 'another login' || isByPhone(app)
      for (const [index, step] of steps.entries()) {
        const user = await newUser(app)
        const session = createClient(app)
        const response = await interleave(() => post(session, '/auth/signin', fields(user.email)), index, () => change(user))
        const isLast = index === steps.length - 1
        if (!isLast) t.equal(response.json().status, 'WRONG_CREDENTIALS_ERROR', step)
        // A session that was there before keeps its second factor when the host gives the account another e-mail address.
        if (isLast && !endsAll) continue
        await assertDead(t, app, user, session, step)
        t.equal((await Session.getAllSessionHandlesForUser(user.userId)).length, endsAll ? 0 : 1, step)
      }
    })
  }

  await t.test('signs up with another person\'s login, who resets the password meanwhile', async (t) => {
    const signUp = (email: string, session = createClient(app)) => post(session, '/auth/signup', fields(email))
    const steps = await callsOf(() => signUp(newLogin(app)))
    for (const [index, step] of steps.entries()) {
      // Before that there is no account.
      if (index < steps.findIndex((call) => call.endsWith('/recipe/signup'))) continue
      const email = newLogin(app)
      const session = createClient(app)
      let victim: SignedInUser | undefined
      const response = await interleave(() => signUp(email, session), index, async () => {
        const [user] = await supertokens.listUsersByAccountInfo('public', { email })
        victim = { email, userId: user!.id, session, password: PASSWORD, phoneNumber: isByPhone(app) ? email : '+12125550100' }
        await reset(victim)
      })
      if (index < steps.length - 1) t.match(response.json(), { status: 'GENERAL_ERROR', message: /sign in again/ }, step)
      await assertDead(t, app, victim!, session, step)
    }
  })

  await t.test('signs in while another session enrols, or the host ends all sessions', async (t) => {
    const endings = {
      enrolment: async (user: SignedInUser) => { if (!isByPhone(app)) await passFactor(app, user) },
      'the host': async (user: SignedInUser) => { await Session.revokeAllSessionsForUser(user.userId) }
    }
    for (const [what, end] of Object.entries(endings)) {
      if (what === 'enrolment' && isByPhone(app)) continue
      // Before that, the sign-in is one that comes after the end.
      for (let index = proven; index < steps.length; index++) {
        const user = await newUser(app)
        const session = createClient(app)
        const response = await interleave(() => post(session, '/auth/signin', fields(user.email)), index, () => end(user))
        if (index < steps.length - 1) t.match(response.json(), { status: 'GENERAL_ERROR', message: /sign in again/ }, `${what}: ${steps[index]}`)
        await assertDead(t, app, user, session, `${what}: ${steps[index]}`)
        t.equal((await withPassword(app, user)).userId, user.userId, 'and the next sign-in works')
      }
    }
  })

  await t.test('signs in by three loops while the owner resets the password', async (t) => {
    for (let round = 0; round < 3; round++) {
      const user = await newUser(app)
      const owner = { isReady: false }
      const sessions: TestSession[] = []
      const loops = Array.from({ length: 3 }, async () => {
        while (!owner.isReady) {
          const session = createClient(app)
          sessions.push(session)
          await post(session, '/auth/signin', fields(user.email))
        }
      })
      await reset(user)
      owner.isReady = true
      await Promise.all(loops)
      const refreshed = await Promise.all(sessions.map(async (session) => (await post(session, '/auth/session/refresh')).statusCode))
      t.same(new Set(refreshed), new Set([401]), `${sessions.length} sign-ins`)
      t.same(await Session.getAllSessionHandlesForUser(user.userId), [])
      t.equal((await withPassword(app, { ...user, password: NEW_PASSWORD })).userId, user.userId)
    }
  })

  await t.test('refreshes a session, or finishes it, while it ends', async (t) => {
    const works = {
      refresh: async (user: SignedInUser) => () => post(user.session, '/auth/session/refresh'),
      finish: async (user: SignedInUser) => {
        const challenge = await requestChallenge(app, user)
        return () => post(user.session, wayOf(app).answer, challenge)
      }
    }
    for (const [what, prepare] of Object.entries(works)) {
      const user = await newUser(app)
      const work = await prepare(user)
      const steps = await callsOf(work)
      for (const index of steps.keys()) {
        const user = await newUser(app)
        await interleave(await prepare(user), index, () => reset(user))
        t.equal((await user.session.copy().inject('/host/alive')).statusCode, 401, `${what}: ${steps[index]}`)
        await assertDead(t, app, user, user.session, `${what}: ${steps[index]}`)
        // At the last step the session had enrolled before the reset began.
        if (what === 'finish' && index === steps.length - 1) continue
        const owner = { ...await withPassword(app, { ...user, password: NEW_PASSWORD }), phoneNumber: isByPhone(app) ? user.phoneNumber : newPhoneNumber() }
        await passFactor(app, owner)
      }
    }
  })

  await t.test('is served by a host that makes sessions itself, without a request', async (t) => {
    const create = Session.createNewSessionWithoutRequestResponse
    type SignedIn = Extract<Awaited<ReturnType<typeof EmailPassword.signIn>>, { status: 'OK' }>
    const ways = {
      'by the id of the result': ({ recipeUserId }: SignedIn) => create('public', recipeUserId),
      'by the login method': ({ user }: SignedIn) => create('public', user.loginMethods[0]!.recipeUserId),
      'by an id as text': ({ user }: SignedIn) => create('public', supertokens.convertToRecipeUserId(user.id))
    }
    for (const [what, make] of Object.entries(ways)) {
      const user = await newUser(app)
      const signIn = async (password: string) => {
        const result = await EmailPassword.signIn('public', user.email, password)
        if (result.status !== 'OK') throw new Error(result.status)
        return result
      }
      const old = await signIn(PASSWORD)
      await byHost(user, { password: NEW_PASSWORD })
      await t.rejects(make(old), { code: 'AUTH_CREDENTIALS_CHANGED', statusCode: 401 }, what)
      t.same(await Session.getAllSessionHandlesForUser(user.userId), [], what)
      t.equal((await make(await signIn(NEW_PASSWORD))).getUserId(), user.userId, what)
      await t.rejects(signIn(PASSWORD), /WRONG_CREDENTIALS_ERROR/)
    }
    const user = await newUser(app)
    await byHost(user, { password: NEW_PASSWORD })
    t.equal((await create('public', recipeUserId(user))).getUserId(), user.userId, 'a session that the host makes after the change')
  })
}
