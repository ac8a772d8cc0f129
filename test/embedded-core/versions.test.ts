import t from 'tap'
import { openCore, type SignedIn } from './client.js'

const signUp = { email: 'a@example.com', password: 'correct horse' }

t.test('the versions that are listed are those that are spoken', async (t) => {
  const { get } = await openCore(t)
  const { body: { versions } } = await get<{ versions: string[] }>('/apiversion')
  t.strictSame(versions, ['5.1', '5.2', '5.3', '5.4'])
  for (const version of versions) t.equal((await get('/users/count', { 'cdi-version': version })).status, 200, version)
  for (const version of ['2.18', '4.0', '5.0', '5.5', '10.1', 'latest']) {
    const { status, text } = await get('/users/count', { 'cdi-version': version })
    t.strictSame([status, text], [400, `cdi-version ${version} not supported`])
  }
})

t.test('what says nothing of users and sessions also answers those who speak an older version, but not a newer one', async (t) => {
  const { get } = await openCore(t)
  for (const path of ['/hello', '/apiversion', '/.well-known/jwks.json']) {
    t.equal((await get(path, { 'cdi-version': '2.18' })).status, 200, path)
    t.equal((await get(path, { 'cdi-version': '5.5' })).status, 400, path)
  }
  for (const path of ['/', '/no/such/path', '/config?pid=1']) t.equal((await get(path, { 'cdi-version': '2.18' })).status, 400, path)
})

t.test('before 5.3 users have no passkeys', async (t) => {
  const { get, post, put } = await openCore(t)
  const has = (user: object) => Object.hasOwn(user, 'webauthn')
  for (const [version, expected] of [['5.1', false], ['5.2', false], ['5.3', true], ['5.4', true]] as const) {
    const headers = { 'cdi-version': version }
    const { body: { user } } = await post<SignedIn>('/recipe/signup', { ...signUp, email: `${version}@example.com` }, headers)
    t.match(user, { emails: [`${version}@example.com`], loginMethods: [{ recipeId: 'emailpassword' }] })
    t.equal(has(user), expected, version)
    t.equal(has((await get<SignedIn>(`/user/id?userId=${user.id}`, headers)).body.user), expected, version)
    const { body: { users } } = await get<{ users: object[] }>('/users', headers)
    t.ok(users.every((one) => has(one) === expected), version)
  }
  await put('/recipe/role', { role: 'r', permissions: [] })
  await put('/recipe/user/role', { userId: 'somebody', role: 'r' })
  t.strictSame((await get('/recipe/role/users?role=r', { 'cdi-version': '5.1' })).body.users, ['somebody'], 'ids stay what they are')
})
