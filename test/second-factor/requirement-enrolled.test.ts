import * as Session from 'supertokens-node/recipe/session'
import { getUser } from 'supertokens-node'
import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, setSecondFactorRequirement } from '../../src/index.js'
import { passSecondFactor, signIn, signUp } from '../../src/testing/index.js'
import { payloadOf } from '../attacks/suite/clients.js'
import { buildWith, nextOf, pageOf, vaultOf } from './requirement.js'

const build = (t: Parameters<typeof buildWith>[0]) => buildWith(t, 'enrolled')

t.test('who has no second factor is let in without one, except where a route asks for it', async (t) => {
  const alice = await signUp(await build(t))
  t.equal(await pageOf(alice), 200)
  t.equal(await vaultOf(alice), 403)
  t.same(await nextOf(alice), [], 'stock frontends ask for nothing')
  t.match(payloadOf(alice.session), { 'st-mfa': { v: true }, '2fa-completed': { v: false } })
})

t.test('from the first enrolment on, the second factor is needed: the password alone opens nothing any more', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const thief = await signIn(app, alice)
  t.equal(await pageOf(thief), 200)
  await passSecondFactor(app, alice)
  t.equal(await pageOf(alice), 200)
  t.equal(await vaultOf(alice), 200)
  t.equal((await thief.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'the session of the thief has ended')
  const next = await signIn(app, alice)
  t.equal(await pageOf(next), 403)
  t.same(await nextOf(next), ['otp-phone'])
  await passSecondFactor(app, next)
  t.equal(await pageOf(next), 200)
})

t.test('one user can be required to have one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  t.equal(await setSecondFactorRequirement(alice.userId, 'required'), true)
  const next = await signIn(app, alice)
  t.equal(await pageOf(next), 403)
  await setSecondFactorRequirement(alice.userId, undefined)
  t.equal(await pageOf(await signIn(app, alice)), 200)
  t.equal(await setSecondFactorRequirement('nobody', 'required'), false)
})

t.test('where the record of a factor is broken, nobody is let in without it', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { updateUserMetadata } = await import('supertokens-node/recipe/usermetadata')
  await updateUserMetadata(alice.userId, { passwordlessUserId: 'nobody' })
  t.equal(await pageOf(await signIn(app, alice)), 403)
})

t.test('where the factor that a user has enrolled is switched off, the password alone does not let in', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { updateUserMetadata } = await import('supertokens-node/recipe/usermetadata')
  await updateUserMetadata(alice.userId, { 'fastify-2fa:totp:one': { name: 'Phone', secret: 'sealed', since: 1 } })
  t.equal(await pageOf(await signIn(app, alice)), 403)
})

t.test('an app that exempts a session by its payload exempts nobody', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  const user = await getUser(alice.userId)
  const session = await Session.createNewSessionWithoutRequestResponse('public', user!.loginMethods[0]!.recipeUserId, { '2fa-optional': true })
  t.equal((session.getAccessTokenPayload() as object as { '2fa-optional'?: boolean })['2fa-optional'], undefined)
  const response = await app.inject({ url: '/page', headers: { authorization: `Bearer ${session.getAccessToken()}` } })
  t.equal(response.statusCode, 403)
})

t.test('a rule that nobody can keep stops the boot', async (t) => {
  for (const secondFactorRequired of ['nobody', { roles: [] }, { roles: 'admin' }, { roles: ['admin'], other: 1 }, null, true]) {
    const app = Fastify({ logger: false })
    t.teardown(() => app.close())
    await t.rejects(async () => { await app.register(fastify2fa, { secondFactorRequired: secondFactorRequired as never }) }, { code: 'AUTH_OPTIONS_INVALID', message: /secondFactorRequired/ })
  }
})
