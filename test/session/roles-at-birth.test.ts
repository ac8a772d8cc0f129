import t from 'tap'
import { UserRoles } from '../../src/supertokens/for-hosts.js'
import { signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { callsOf } from '../attacks/suite/hold-call.js'
import { build, testCore } from '../helper.js'
import { interceptCore } from '../intercept-core.js'

const rolesIn = async ({ session }: SignedInUser): Promise<unknown> => {
  const [, payload = ''] = session.tokens.get('st-access-token')?.split('.') ?? []
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { 'st-role'?: { v: unknown } })['st-role']?.v
}

t.test('a look-up that began before the first role was created is not remembered', async (t) => {
  const app = await build(t)
  let isFirst = true
  const stop = await interceptCore(async (url, init, proceed) => {
    const response = await proceed(url, init)
    if (isFirst && url.includes('/recipe/roles')) {
      isFirst = false
      await UserRoles.createNewRoleOrAddPermissions('early', [])
    }
    return response
  })
  const alice = await signUp(app)
  stop()
  t.equal(isFirst, false)
  await UserRoles.addRoleToUser('public', alice.userId, 'early')
  t.same(await rolesIn(await signIn(app, { ...alice, transferMethod: 'header' })), ['early'])
  await UserRoles.deleteRole('early')
})

t.test('while there are no roles, nobody is asked for theirs; the first one of this process counts at once', async (t) => {
  const app = await build(t)
  const alice = { ...await signUp(app), transferMethod: 'header' as const }
  const calls = await callsOf(() => signIn(app, alice))
  t.same(calls, ['POST /public/recipe/signin', 'GET /recipe/user/metadata', 'POST /public/recipe/session', 'GET /recipe/user/metadata'])
  t.same(await rolesIn(await signIn(app, alice)), [])

  await UserRoles.createNewRoleOrAddPermissions('admin', ['all'])
  await UserRoles.addRoleToUser('public', alice.userId, 'admin')
  t.same(await rolesIn(await signIn(app, alice)), ['admin'])
  await UserRoles.deleteRole('admin')
})

t.test('a host that asks for roles by itself is told what the Core says', async (t) => {
  const app = await build(t)
  const bob = await signUp(app)
  await signIn(app, bob)
  const core = await testCore()
  // By another process: this one goes on believing for a while that there is none, for tokens of new sessions.
  const put = (path: string, body: object) => core.fetch(core.connectionURI + path, { method: 'PUT', headers: { 'content-type': 'application/json', 'cdi-version': '5.4' }, body: JSON.stringify(body) })
  await put('/recipe/role', { role: 'clerk', permissions: [] })
  await put('/public/recipe/user/role', { userId: bob.userId, role: 'clerk' })
  t.same((await UserRoles.getRolesForUser('public', bob.userId)).roles, ['clerk'])
})
