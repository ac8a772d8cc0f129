import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import t from 'tap'
import { openApps } from '../../src/embedded-core/tenants/apps.js'
import { openCore, type Client, type SignedIn, type UserJson } from './client.js'

const password = 'correct horse'
const HASH = '$argon2id$v=19$m=16,t=2,p=1$NVR1eWRlSFFYT0JYdWxEUA$9ar9Zl7BIYZpq5oZDqsjgg'

interface Listed { status: string, users: Array<{ id: string, status: string, errorMessage?: string }>, nextPaginationToken?: string }

async function settled ({ get }: Client): Promise<void> {
  while ((await get('/bulk-import/users/count?status=NEW')).body.count !== 0) await sleep(10)
}

t.test('a whole user is imported: hash, phone, external id, metadata, roles, verification, authenticator', async (t) => {
  const client = await openCore(t)
  const { get, post, put } = client
  await put('/recipe/role', { role: 'admin' })
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  const queued = await post('/bulk-import/users', {
    users: [
      {
        externalUserId: 'ext-1',
        userMetadata: { passwordlessUserId: 'ext-2' },
        userRoles: [{ role: 'admin', tenantIds: ['public', 't1'] }],
        totpDevices: [{ secretKey: 'JBSWY3DPEHPK3PXP', deviceName: 'phone' }, { secretKey: 'JBSWY3DPEHPK3PXP', period: 60, skew: 0 }],
        loginMethods: [
          { recipeId: 'thirdparty', email: 'ann@example.com', thirdPartyId: 'google', thirdPartyUserId: 'g1' },
          { recipeId: 'emailpassword', tenantIds: ['public', 't1'], email: 'Ann@Example.com', plainTextPassword: password, isVerified: true, timeJoinedInMSSinceEpoch: 1000 },
          { recipeId: 'passwordless', email: 'ann@example.com' }
        ]
      },
      { externalUserId: 'ext-2', loginMethods: [{ recipeId: 'passwordless', phoneNumber: '+1 415 555 0101', isVerified: true }] },
      { loginMethods: [{ recipeId: 'emailpassword', email: 'hash@example.com', passwordHash: HASH, hashingAlgorithm: 'argon2' }] }
    ]
  })
  const id = /^[0-9a-f-]{36}$/
  t.match(queued.body, {
    status: 'OK',
    users: [
      {
        userId: 'ext-1',
        loginMethods: [
          { recipeId: 'thirdparty', userId: id, tenants: ['public'], email: 'ann@example.com', thirdpartyId: 'google', thirdpartyUserId: 'g1' },
          { recipeId: 'emailpassword', userId: id, tenants: ['public', 't1'], email: 'ann@example.com' },
          { recipeId: 'passwordless', email: 'ann@example.com', phoneNumber: null }
        ]
      },
      { userId: 'ext-2', loginMethods: [{ recipeId: 'passwordless', userId: id, email: null, phoneNumber: '+14155550101' }] },
      { userId: id, loginMethods: [{ userId: id, email: 'hash@example.com' }] }
    ]
  })
  await settled(client)
  t.equal((await get('/bulk-import/users/count')).body.count, 0)

  const signedIn = await post<SignedIn>('/t1/recipe/signin', { email: 'ann@example.com', password })
  t.match(signedIn.body, { status: 'OK', user: { id: 'ext-1', isPrimaryUser: true, timeJoined: 1000, loginMethods: [{ verified: true }, {}, {}] } })
  t.strictSame((await get('/recipe/user/metadata?userId=ext-1')).body.metadata, { passwordlessUserId: 'ext-2' })
  t.strictSame((await get('/t1/recipe/user/roles?userId=ext-1')).body.roles, ['admin'])
  t.match((await get('/recipe/totp/device/list?userId=ext-1')).body.devices, [{ name: 'phone', period: 30, skew: 1, verified: true }, { period: 60, skew: 0 }])
  t.match((await get<{ users: UserJson[] }>('/users/by-accountinfo?phoneNumber=%2B14155550101&doUnionOfAccountInfo=true')).body.users, [{ id: 'ext-2' }])
})

t.test('one at a time, with the answer at once', async (t) => {
  const { post } = await openCore(t)
  const user = { loginMethods: [{ recipeId: 'emailpassword', email: 'a@example.com', plainTextPassword: password }] }
  t.match((await post('/bulk-import/import', user)).body, { status: 'OK', user: { isPrimaryUser: false, emails: ['a@example.com'] } })
  t.strictSame(JSON.parse((await post('/bulk-import/import', user)).text), { errors: ['E003: A user with email a@example.com already exists in emailpassword loginMethod.'] })
  t.match(JSON.parse((await post('/bulk-import/import', {})).text), { errors: ['loginMethods is required.'] })
})

t.test('a hash of no known form fits no password; a failure that is ours is 500', async (t) => {
  let calls = Infinity
  const { post } = await openCore(t, { now: () => { if (--calls < 0) throw new Error('the clock stopped'); return Date.now() } })
  const method = { recipeId: 'emailpassword', email: 'a@example.com', plainTextPassword: password, timeJoinedInMSSinceEpoch: 1 }
  await post('/bulk-import/import', { loginMethods: [{ ...method, passwordHash: 'of no known form' }] })
  t.equal((await post('/recipe/signin', { email: 'a@example.com', password })).body.status, 'WRONG_CREDENTIALS_ERROR')
  calls = 1
  t.equal((await post('/bulk-import/import', { externalUserId: 'x', loginMethods: [{ ...method, email: 'b@example.com' }] })).status, 500)
  calls = Infinity
  t.equal((await post('/recipe/signin', { email: 'b@example.com', password })).body.status, 'WRONG_CREDENTIALS_ERROR', 'and leaves nothing behind')
})

t.test('what cannot be imported says why, and hinders nothing else', async (t) => {
  const client = await openCore(t, { config: { bcrypt_log_rounds: 11 } })
  const { get, post, put } = client
  await put('/recipe/role', { role: 'gone' })
  const provider = { recipeId: 'thirdparty', email: 'p@example.com', thirdPartyId: 'p', thirdPartyUserId: 'pu' }
  const good = [
    { externalUserId: 'x1', loginMethods: [{ recipeId: 'passwordless', phoneNumber: '+14155550101', email: 'pl@example.com' }] },
    { loginMethods: [provider] },
    { loginMethods: [{ recipeId: 'emailpassword', email: 'prim@example.com', plainTextPassword: password, isPrimary: true }] }
  ]
  const bad: Array<[object, RegExp]> = [
    [{ loginMethods: [{ recipeId: 'passwordless', phoneNumber: '+14155550101' }] }, /^E007/],
    [{ loginMethods: [{ recipeId: 'passwordless', email: 'pl@example.com' }] }, /^E006/],
    [{ loginMethods: [provider] }, /^E005/],
    [{ externalUserId: 'x1', loginMethods: [{ recipeId: 'passwordless', email: 'new1@example.com' }] }, /^E031/],
    [{ loginMethods: [{ recipeId: 'passwordless', email: 'prim@example.com', isPrimary: true }] }, /^E022/],
    [{ loginMethods: [{ recipeId: 'passwordless', email: 'new2@example.com', isPrimary: true }, { ...provider, thirdPartyUserId: 'other', email: 'prim@example.com' }] }, /^E027/],
    [{ userRoles: [{ role: 'gone', tenantIds: ['public'] }], loginMethods: [{ recipeId: 'passwordless', email: 'new3@example.com' }] }, /^E034/]
  ]
  await post('/bulk-import/users', { users: good })
  await settled(client)
  // The hashes of the first ones take longer than it takes to remove the role that the last one names.
  const slow = Array.from({ length: 4 }, (_, index) => ({ loginMethods: [{ recipeId: 'emailpassword', email: `slow${index}@example.com`, plainTextPassword: password }] }))
  await post('/bulk-import/users', { users: [...slow, ...bad.map(([user]) => user)] })
  await post('/recipe/role/remove', { role: 'gone' })
  await settled(client)
  t.equal((await get('/users/count')).body.count, 7)
  t.equal((await get('/bulk-import/users/count?status=FAILED')).body.count, bad.length)

  const first = (await get<Listed>('/bulk-import/users?status=FAILED&limit=4')).body
  const second = (await get<Listed>(`/bulk-import/users?limit=4&paginationToken=${encodeURIComponent(first.nextPaginationToken as string)}`)).body
  t.equal(second.nextPaginationToken, undefined)
  const reasons = [...first.users, ...second.users].map((user) => user.errorMessage ?? '')
  for (const [, reason] of bad) t.ok(reasons.some((text) => reason.test(text)), reason.source)

  const ids = first.users.map(({ id }) => id)
  t.strictSame((await post('/bulk-import/users/remove', { ids: [...ids, 'none'] })).body, { deletedIds: ids, invalidIds: ['none'] })
  t.strictSame((await post('/bulk-import/users/remove', { ids: [] })).body, { deletedIds: [], invalidIds: [] })
})

t.test('what cannot be read is refused as a whole, with all that is wrong', async (t) => {
  const { get, post, put } = await openCore(t)
  await put('/recipe/role', { role: 'there' })
  await put('/recipe/multitenancy/tenant/v2', { tenantId: 't1' })
  const long = 'x'.repeat(300)
  const wrong: Array<[unknown, string[]]> = [
    ['no object', ['A user should be of type object.']],
    [{ loginMethods: [] }, ['At least one loginMethod is required.']],
    [{ loginMethods: [{ recipeId: 'sms', isPrimary: true }, { isPrimary: true }] }, [
      'No two loginMethods can have isPrimary as true.', 'Invalid recipeId for loginMethod. Pass one of emailpassword, thirdparty or, passwordless!', 'recipeId is required for a loginMethod.']],
    [{ externalUserId: long, userMetadata: [], loginMethods: [{ recipeId: 'passwordless' }] }, [
      'userMetadata should be of type object.', 'Either email or phoneNumber is required for a passwordless recipe.', `externalUserId ${long} is too long. Max length is 128.`]],
    [{ externalUserId: 'twice', userRoles: [{ role: 'none', tenantIds: ['none'] }, { role: 5 }], loginMethods: [{ recipeId: 'passwordless', email: 'a', tenantIds: [] }] }, [
      'Role none does not exist.', 'Invalid tenantId: none for a user role.', 'role should be of type string for a user role.', 'tenantIds is required for a user role.',
      'LoginMethod \'passwordless\' has no tenantId']],
    [{ userRoles: [{ role: 'there', tenantIds: ['t1'] }], loginMethods: [{ recipeId: 'passwordless', email: long, tenantIds: ['none'] }] }, [
      'Invalid tenantId: none for passwordless recipe.', `email ${long} is too long. Max length is 256.`,
      'TenantId t1 for a user role does not exist in loginMethods.', 'LoginMethod \'passwordless\' has no tenantId']],
    [{ loginMethods: [{ recipeId: 5, tenantIds: [5], isVerified: 5, isPrimary: 5, timeJoinedInMSSinceEpoch: '5' }] }, [
      'recipeId should be of type string for a loginMethod.', 'tenantIds should be of type array of string for a loginMethod.', 'isVerified should be of type boolean for a loginMethod.',
      'isPrimary should be of type boolean for a loginMethod.', 'timeJoinedInMSSinceEpoch should be of type integer for a loginMethod']],
    [{ loginMethods: [{ recipeId: 'emailpassword', email: 5, passwordHash: 5, hashingAlgorithm: 5 }] }, [
      'email should be of type string for an emailpassword recipe.', 'passwordHash should be of type string for an emailpassword recipe.', 'hashingAlgorithm should be of type string for an emailpassword recipe.',
      'Either (passwordHash, hashingAlgorithm) or plainTextPassword is required for an emailpassword recipe.']],
    [{ externalUserId: 'twice', totpDevices: [{ period: 0, skew: -1 }, { secretKey: 'x', period: 'x' }], loginMethods: [{ recipeId: 'passwordless', email: 'a', timeJoinedInMSSinceEpoch: 9e15 }] }, [
      'secretKey is required for a totp device.', 'period should be > 0 for a totp device.', 'skew should be >= 0 for a totp device.',
      'period should be of type integer for a totp device.', 'timeJoined cannot be in future for a loginMethod.', 'externalUserId twice is not unique. It is already used by another user.']],
    [{ loginMethods: [{ recipeId: 'emailpassword', timeJoinedInMSSinceEpoch: -1 }] }, [
      'timeJoined cannot be < 0 for a loginMethod.', 'email is required for an emailpassword recipe.',
      'Either (passwordHash, hashingAlgorithm) or plainTextPassword is required for an emailpassword recipe.']],
    [{ loginMethods: [{ recipeId: 'emailpassword', email: 'a', passwordHash: 'x', hashingAlgorithm: 'md5' }] }, [
      'Invalid hashingAlgorithm for emailpassword recipe. Pass one of bcrypt, argon2 or, firebase_scrypt!']],
    [{ loginMethods: [{ recipeId: 'emailpassword', email: 'a', passwordHash: long, hashingAlgorithm: 'bcrypt' }] }, [
      'passwordHash is too long. Max length is 256.', 'Password hash is in invalid BCrypt format']],
    [{ loginMethods: [{ recipeId: 'thirdparty', email: 'a' }] }, ['thirdPartyId is required for a thirdparty recipe.', 'thirdPartyUserId is required for a thirdparty recipe.']]
  ]
  const { status, text } = await post('/bulk-import/users', { users: wrong.map(([user]) => user) })
  t.equal(status, 400)
  t.strictSame(JSON.parse(text), {
    error: 'Data has missing or invalid fields. Please check the users field for more details.',
    users: wrong.map(([, errors], index) => ({ index, errors }))
  })
  t.equal((await get('/bulk-import/users/count')).body.count, 0)

  t.strictSame((await post('/bulk-import/users', { users: [] })).body, { status: 'OK' })
  t.strictSame(JSON.parse((await post('/bulk-import/users', { users: Array(10_001).fill({}) })).text), { error: 'You can only add 10000 users at a time.' })
  for (const [path, problem] of [
    ['/bulk-import/users?limit=501', 'Max limit allowed is 500'],
    ['/bulk-import/users?limit=0', 'limit must a positive integer with min value 1'],
    ['/bulk-import/users?status=OLD', 'Invalid value for status. Pass one of NEW, PROCESSING, or FAILED!'],
    ['/bulk-import/users?paginationToken=x', 'invalid pagination token']
  ] as const) t.equal((await get(path)).text, problem)
  t.equal((await post('/bulk-import/users/remove', { ids: Array(501).fill('x') })).status, 400)
  t.equal((await post('/bulk-import/users/remove', { ids: [''] })).status, 400)
})

t.test('a queue outlives the process, and a stop in the middle of it', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const first = await openCore(t, { file, config: { bcrypt_log_rounds: 8 } })
  await first.post('/bulk-import/users', {
    users: Array.from({ length: 30 }, (_, index) => ({ loginMethods: [{ recipeId: 'emailpassword', email: `${index}@example.com`, plainTextPassword: password }] }))
  })
  await first.core.close()
  const second = await openCore(t, { file })
  await settled(second)
  t.equal((await second.get('/users/count')).body.count, 30)
  await second.core.close()

  const apps = openApps({ file, config: {}, now: Date.now, onError: () => {} })
  apps.get('public')?.db.run('INSERT INTO bulk_import (id, status, raw, created_at, updated_at) VALUES (\'x\', \'NEW\', \'broken\', 1, 1)')
  apps.close()
  const third = await openCore(t, { file })
  t.equal((await third.get('/bulk-import/users/count')).body.count, 1, 'what cannot be read at all stays, and stops nothing else')
})
