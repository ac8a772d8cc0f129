import { randomInt, randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { FIRST_JOINED, idOf, recipeOf } from './populate.js'

const PAGE = 100
const NO_DATA = { enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} }

const expectOk = (answer) => {
  if (answer.status !== 'OK') throw new Error(JSON.stringify(answer))
  return answer
}
const expectUsers = (answer, count) => {
  if (expectOk(answer).users.length !== count) throw new Error(`${answer.users.length} users instead of ${count}`)
}

/** Calls a Core of this process. Any answer but 200 ends the benchmark, because a fast refusal would distort it. */
export function callerInProcess (server) {
  return async (method, url, body) => {
    const { status, body: text } = await server.answerDirectly({ method, url, headers: { 'cdi-version': '5.4' }, body: body === undefined ? undefined : JSON.stringify(body) })
    if (status !== 200) throw new Error(`${method} ${url}: ${status} ${text}`)
    return JSON.parse(text)
  }
}

/**
 * Everything that a Core does, as pairs of work to measure and, before it, what is not measured. `users`: how many
 * `populate` wrote. Users are picked at random.
 */
export function everyOperation (call, users, password, sweep) {
  const someone = (recipe) => {
    for (;;) {
      const index = randomInt(users)
      if (recipeOf(index) === recipe) return index
    }
  }
  const emailOf = (index) => `user-${index}@host-${Math.floor(index / 20)}.example`
  const query = (path, parameters) => call('GET', `${path}?${new URLSearchParams(parameters)}`)
  const post = async (path, body) => expectOk(await call('POST', path, body))
  const newUser = async (tenant = '') => (await post(`${tenant}/recipe/signup`, { email: `${randomUUID()}@new.example`, password })).user.id
  const newSession = (userId, tenant = '') => post(`${tenant}/recipe/session`, { userId, ...NO_DATA })
  const many = Math.min(1000, users * 0.9)
  const nothing = async () => undefined

  return {
    'sign-up': [nothing, () => newUser()],
    'sign-in': [nothing, () => post('/recipe/signin', { email: emailOf(someone('emailpassword')), password })],
    'sign-in by a provider': [nothing, () => {
      const index = someone('thirdparty')
      return post('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: `g-${index}`, email: { id: emailOf(index), isVerified: false } })
    }],
    'code: create, consume': [nothing, async () => {
      const { deviceId, preAuthSessionId, userInputCode } = await post('/recipe/signinup/code', { phoneNumber: `+1${2_000_000_000 + someone('passwordless')}` })
      await post('/recipe/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode })
    }],
    'authenticator code': [async () => {
      const userId = randomUUID()
      await post('/recipe/totp/device/import', { userId, deviceName: 'app', secretKey: 'JBSWY3DPEHPK3PXP', skew: 1, period: 30 })
      return userId
    }, (userId) => call('POST', '/recipe/totp/verify', { userId, totp: '000000' })],
    'reset token: create, use': [nothing, async () => {
      const { token } = await post('/recipe/user/password/reset/token', { userId: idOf(someone('emailpassword')), email: 'a@b.example' })
      await post('/recipe/user/password/reset/token/consume', { method: 'token', token })
    }],
    'verification token: create, use': [nothing, async () => {
      const { token } = await post('/recipe/user/email/verify/token', { userId: randomUUID(), email: 'a@b.example' })
      await post('/recipe/user/email/verify', { method: 'token', token })
    }],
    'session: create': [nothing, () => newSession(idOf(randomInt(users)))],
    'session: refresh': [() => newSession(idOf(randomInt(users))), ({ refreshToken }) => post('/recipe/session/refresh', { refreshToken: refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: true })],
    'session: verify with the database': [() => newSession(idOf(randomInt(users))), ({ accessToken }) => post('/recipe/session/verify', { accessToken: accessToken.token, doAntiCsrfCheck: false, enableAntiCsrf: false, checkDatabase: true })],
    'sessions of a user: list': [nothing, () => query('/recipe/session/user', { userId: idOf(randomInt(users)) })],
    'sessions of a user: end all': [async () => {
      const userId = randomUUID()
      for (let count = 0; count < 3; count++) await newSession(userId)
      return userId
    }, (userId) => post('/recipe/session/remove', { userId })],
    'sessions of a user in a tenant: end all': [async () => {
      const userId = randomUUID()
      for (let count = 0; count < 3; count++) await newSession(userId)
      return userId
    }, (userId) => post('/public/recipe/session/remove', { userId, revokeAcrossAllTenants: false })],
    'tenant with a user and a session: remove': [async () => {
      const tenantId = `t${randomUUID()}`
      expectOk(await call('PUT', '/recipe/multitenancy/tenant/v2', { tenantId, firstFactors: ['emailpassword'] }))
      await newSession(await newUser(`/${tenantId}`), `/${tenantId}`)
      return tenantId
    }, (tenantId) => post('/recipe/multitenancy/tenant/remove', { tenantId })],
    'user: by id': [nothing, () => query('/user/id', { userId: idOf(randomInt(users)) })],
    'user: by e-mail': [nothing, async () => { expectUsers(await query('/users/by-accountinfo', { email: emailOf(someone('emailpassword')), doUnionOfAccountInfo: true }), 1) }],
    'user: by external id': [nothing, async () => { expectOk(await query('/user/id', { userId: `external-${10 * randomInt(users / 10)}` })) }],
    'user: delete': [newUser, (userId) => post('/user/remove', { userId })],
    'list: a page anywhere': [nothing, async () => {
      const paginationToken = Buffer.from(`;${FIRST_JOINED + randomInt(users - PAGE)}`).toString('base64')
      expectUsers(await query('/users', { limit: PAGE, timeJoinedOrder: 'ASC', paginationToken }), PAGE)
    }],
    'list: the last page of a recipe': [nothing, async () => { expectUsers(await query('/users', { limit: 10, timeJoinedOrder: 'DESC', includeRecipeIds: 'thirdparty' }), 10) }],
    'search: e-mail, one found': [nothing, async () => { expectUsers(await query('/users', { email: `user-${someone('emailpassword')}@` }), 1) }],
    'search: domain, 18 found': [nothing, async () => { expectUsers(await query('/users', { email: `host-${randomInt(users / 20)}.example` }), 18) }],
    'search: e-mail, a thousand found': [nothing, async () => { expectUsers(await query('/users', { email: 'user-' }), many) }],
    'search: nobody found': [nothing, async () => { expectUsers(await query('/users', { email: 'nobody-at-all' }), 0) }],
    'search: phone, one found': [nothing, async () => { expectUsers(await query('/users', { phone: `+1${2_000_000_000 + someone('passwordless')}` }), 1) }],
    'search: provider, nobody found': [nothing, async () => { expectUsers(await query('/users', { provider: 'github' }), 0) }],
    'count: all users': [nothing, () => query('/users/count', { includeAllTenants: true })],
    'count: of a tenant, by recipe': [nothing, () => query('/users/count', { includeRecipeIds: 'passwordless' })],
    'count: active users': [nothing, () => query('/users/count/active', { since: Date.now() - randomInt(50 * users) })],
    'metadata: read': [nothing, () => query('/recipe/user/metadata', { userId: idOf(randomInt(users)) })],
    'metadata: write': [nothing, async () => expectOk(await call('PUT', '/recipe/user/metadata', { userId: idOf(randomInt(users)), metadataUpdate: { number: randomInt(1e9) } }))],
    'role: give, take': [nothing, async () => {
      const userId = idOf(randomInt(users))
      expectOk(await call('PUT', '/recipe/user/role', { userId, role: 'admin' }))
      await post('/recipe/user/role/remove', { userId, role: 'admin' })
    }],
    'role: its users': [nothing, () => query('/recipe/role/users', { role: 'admin' })],
    'external id: map, unmap': [newUser, async (userId) => {
      await post('/recipe/userid/map', { superTokensUserId: userId, externalUserId: randomUUID() })
      await post('/recipe/userid/map/remove', { userId })
    }],
    'accounts: check, link, unlink': [async () => {
      const [primaryUserId, recipeUserId] = [await newUser(), await newUser()]
      await post('/recipe/accountlinking/user/primary', { recipeUserId: primaryUserId })
      return { primaryUserId, recipeUserId }
    }, async (ids) => {
      expectOk(await query('/recipe/accountlinking/user/link/check', ids))
      await post('/recipe/accountlinking/user/link', ids)
      await post('/recipe/accountlinking/user/unlink', { recipeUserId: ids.recipeUserId })
    }],
    'housekeeping: nothing has expired': [nothing, async () => { sweep() }],
    'import: queue and import one': [nothing, async () => {
      await post('/bulk-import/users', { users: [{ loginMethods: [{ recipeId: 'passwordless', email: `${randomUUID()}@import.example` }] }] })
      while ((await query('/bulk-import/users/count', { status: 'NEW' })).count > 0) await setImmediate()
    }],
    'import: a page and the number of the failed': [nothing, async () => {
      expectUsers(await query('/bulk-import/users', { status: 'FAILED', limit: 10 }), 10)
      await query('/bulk-import/users/count', { status: 'FAILED' })
    }]
  }
}

const ROUNDS = 7
const SLICE_MS = 40
const MOST = 30

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The CPU time of one run, in milliseconds, over `count` runs. What comes before each is not measured. */
async function slice ([before, operation], count) {
  const inputs = []
  for (let turn = 0; turn < count; turn++) inputs.push(await before())
  const start = cpuMs()
  for (const input of inputs) await operation(input)
  return (cpuMs() - start) / count
}

/** Measures an operation on two Cores by turns. Returns the median CPU time of each, and of their ratio in one round. */
export async function compare (small, large) {
  const count = Math.max(3, Math.min(MOST, Math.round(SLICE_MS / await slice(small, 5))))
  // The upper pages of the trees in the cache, as they are in a Core that has been running.
  for (const work of [small, large]) await slice(work, 3 * count)
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const times = {}
    for (const [name, work] of round % 2 === 0 ? [['small', small], ['large', large]] : [['large', large], ['small', small]]) times[name] = await slice(work, count)
    rounds.push(times)
  }
  const median = (pick) => rounds.map(pick).sort((a, b) => a - b)[(ROUNDS - 1) / 2]
  return { small: median((one) => one.small), large: median((one) => one.large), ratio: median((one) => one.large / one.small) }
}
