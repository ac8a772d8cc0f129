import Fastify, { type FastifyInstance } from 'fastify'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA, verifySession } from '../../src/index.js'
import { createTestSession, signInWithSecondFactor, signUp, type SignedInUser, type TestSession, type TransferMethod } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { callsOf } from '../attacks/suite/hold-call.js'

const clock = stopClock()
const MINUTE = 60
const DAY = 86_400

async function build (t: Test): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  app.get('/any', { preHandler: require2FA }, async () => 'in')
  app.get('/role', { preHandler: require2FA, config: { secondFactor: { roles: ['admin'] } } }, async () => 'in')
  app.get('/permission', { preHandler: require2FA, config: { secondFactor: { permissions: ['posts:write'] } } }, async () => 'in')
  const own = UserRoles.UserRoleClaim.validators.includes('admin')
  app.get('/own', { preHandler: verifySession({ overrideGlobalClaimValidators: (validators) => [...validators, own] }) }, async () => 'in')
  app.get('/database', { preHandler: verifySession({ checkDatabase: true, overrideGlobalClaimValidators: () => [own] }) }, async () => 'in')
  await app.ready()
  await UserRoles.createNewRoleOrAddPermissions('admin', ['posts:write'])
  return app
}

const PATHS = ['/role', '/permission', '/own', '/database']

async function statuses (session: TestSession): Promise<number[]> {
  const found: number[] = []
  for (const url of PATHS) found.push((await session.copy().inject(url)).statusCode)
  return found
}

const refresh = (session: TestSession) => session.inject({ method: 'POST', url: '/auth/session/refresh' })
const give = ({ userId }: SignedInUser) => UserRoles.addRoleToUser('public', userId, 'admin')
const take = ({ userId }: SignedInUser) => UserRoles.removeUserRole('public', userId, 'admin')

/** What another service reads in the token. */
function rolesIn ({ cookies, tokens }: TestSession): unknown {
  const token = cookies.get('sAccessToken') ?? tokens.get('st-access-token') ?? ''
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, { v: unknown }>
  return [payload['st-role']?.v, payload['st-perm']?.v]
}

async function admin (app: FastifyInstance, transferMethod: TransferMethod = 'cookie'): Promise<SignedInUser> {
  const user = await signInWithSecondFactor(app, { transferMethod })
  await give(user)
  clock.pass(6 * MINUTE)
  for (const url of PATHS) t.equal((await user.session.inject(url)).statusCode, 200, 'a role that was given takes as long')
  return user
}

for (const transferMethod of ['cookie', 'header'] as const) {
  t.test(`a role that is taken away ends within five minutes, and stays away (${transferMethod} session)`, async (t) => {
    const app = await build(t)
    const user = await admin(app, transferMethod)
    await refresh(user.session)
    t.same(rolesIn(user.session), [['admin'], ['posts:write']])
    const stolen = user.session.copy()
    await take(user)
    t.same(await statuses(user.session), [200, 200, 200, 200], 'not at once')
    clock.pass(5 * MINUTE + 1)
    t.same(await statuses(user.session), [403, 403, 403, 403])
    t.equal((await user.session.inject('/any')).statusCode, 200, 'which is all that ends')
    t.match((await user.session.inject('/role')).json(), { claimValidationErrors: [{ id: 'st-role', reason: { message: 'wrong value' } }] })
    t.same(rolesIn(user.session), [[], []], 'the token is replaced')
    t.same(await statuses(stolen), [403, 403, 403, 403], 'an older token does not bring it back')

    for (const day of [10, 20, 30]) {
      clock.pass(10 * DAY)
      t.equal((await refresh(user.session)).statusCode, 200)
      t.same(rolesIn(user.session), [[], []], `day ${day}`)
      t.same(await statuses(user.session), [403, 403, 403, 403], `day ${day}`)
    }
    await give(user)
    clock.pass(10 * DAY)
    await refresh(user.session)
    t.same(rolesIn(user.session), [['admin'], ['posts:write']])
  })
}

t.test('where no route asks for roles, each refresh fetches them', async (t) => {
  const app = await build(t)
  const user = await admin(app)
  await take(user)
  for (const day of [10, 20, 30]) {
    clock.pass(10 * DAY)
    t.equal((await refresh(user.session)).statusCode, 200)
    t.same(rolesIn(user.session), [[], []], `day ${day}`)
    t.equal((await user.session.inject('/any')).statusCode, 200, 'the refresh counts')
  }
})

t.test('a permission that its role loses ends as well', async (t) => {
  const app = await build(t)
  const user = await admin(app)
  await UserRoles.removePermissionsFromRole('admin', ['posts:write'])
  clock.pass(5 * MINUTE + 1)
  t.same(await statuses(user.session), [200, 403, 200, 200])
  clock.pass(2 * 3600)
  await refresh(user.session)
  t.same(rolesIn(user.session), [['admin'], []])
})

t.test('what it costs', async (t) => {
  const app = await build(t)
  const plain = await signUp(app)
  clock.pass(2 * 3600)
  t.same(await callsOf(() => refresh(plain.session)), ['POST /recipe/session/refresh', 'GET /public/recipe/user/roles'])
  t.same(await callsOf(() => refresh(plain.session)), ['POST /recipe/session/refresh', 'GET /public/recipe/user/roles'])
  const user = await admin(app)
  t.same(await callsOf(() => refresh(user.session)), ['POST /recipe/session/refresh'], 'they are new')
  await user.session.inject('/any')
  for (const url of ['/any', '/role']) t.same(await callsOf(() => user.session.inject(url)), [])
  clock.pass(5 * MINUTE + 1)
  t.same(await callsOf(() => user.session.inject('/any')), [], 'a route without roles never asks')
  t.same(await callsOf(() => user.session.inject('/role')), ['GET /public/recipe/user/roles', 'GET /recipe/session', 'POST /recipe/session/regenerate'])
  t.same(await callsOf(() => user.session.inject('/role')), [])
  clock.pass(2 * 3600)
  t.same(await callsOf(() => refresh(user.session)), [
    'POST /recipe/session/refresh', 'GET /public/recipe/user/roles', 'GET /recipe/role/permissions', 'GET /recipe/session', 'POST /recipe/session/regenerate'
  ])
})

t.test('a session that ends while its roles are fetched is not refreshed', async (t) => {
  const app = await build(t)
  const user = await admin(app)
  clock.pass(2 * 3600)
  const thief = createTestSession(app, 'cookie', user.session)
  await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })
  await user.session.inject({ method: 'POST', url: '/auth/signout' })
  t.equal((await refresh(thief)).statusCode, 401)
})
