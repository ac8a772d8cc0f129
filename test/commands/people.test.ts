import t, { type Test } from 'tap'
import type { Core } from '../../src/account/core-client.js'
import { metadataOf } from '../../src/admin/core-calls.js'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'

const KEY = 'a-key-of-twenty-letters'
const BECAUSE = ['--reason', 'asked in person', '--by', 'otto']

/** A Core elsewhere with people, and the commands that work on it. */
async function prepare (t: Test) {
  const core = await createEmbeddedCore({ apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  async function ask (method: string, path: string, body?: object) {
    const headers = { 'content-type': 'application/json', 'cdi-version': '5.4', 'api-key': KEY }
    return await (await core.fetch(core.connectionURI + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })).json() as Record<string, Record<string, unknown>>
  }
  return {
    ask,
    async command (words: string[], answer?: string) {
      let out = ''
      let err = ''
      const io = {
        env: { SUPERTOKENS_CONNECTION_URI: core.connectionURI, SUPERTOKENS_API_KEY: KEY },
        cwd: '/nonexistent',
        out: (text: string) => { out += text },
        err: (text: string) => { err += text },
        ...(answer !== undefined && { ask: async () => answer })
      }
      return { code: await run(words, io), out, err }
    },
    signUp: async (email: string) => String((await ask('POST', '/recipe/signup', { email, password: 'correct horse 1' })).user!.id),
    async signIn (userId: string) {
      const { session } = await ask('POST', '/recipe/session', {
        userId,
        enableAntiCsrf: false,
        useDynamicSigningKey: true,
        userDataInJWT: { '2fa-completed': { v: true, t: 1 }, 'st-mfa': { c: { emailpassword: 1_700_000_000, totp: 1_700_000_060 }, v: true } },
        userDataInDatabase: { 'fastify-2fa:sign-in': { at: 1_700_000_000_000, browser: 'Firefox', system: 'Linux' } }
      })
      return String(session!.handle)
    },
    events: async () => Object.values((await ask('GET', '/recipe/user/metadata?userId=fastify-2fa-agenda')).metadata!).flatMap((entry) => (entry as { act?: { events: Array<Record<string, unknown>> } }).act?.events ?? [])
  }
}

t.test('people are listed in aligned columns, a page at a time, and found', async (t) => {
  const { signUp, command, ask } = await prepare(t)
  const alice = await signUp('alice@example.com')
  const bob = await signUp('bob.with.a.long.name@example.org')
  await ask('POST', '/recipe/signinup/code', { phoneNumber: '+12125550123' })
  const { code, out } = await command(['user', 'list'])
  t.equal(code, 0)
  t.match(out, new RegExp(`^ID {36}JOINED {6}SIGNS IN WITH\n${bob}  \\d{4}-\\d\\d-\\d\\d  bob.with.a.long.name@example.org\n${alice}  \\S+  alice@example.com\n$`))
  const first = JSON.parse((await command(['user', 'list', '--limit', '1', '--order', 'oldest', '--json'])).out) as { people: Array<{ userId: string }>, next: string }
  t.match(first.people, [{ userId: alice }])
  t.match(JSON.parse((await command(['user', 'list', '--order', 'oldest', '--cursor', first.next, '--json'])).out), { people: [{ userId: bob }] })
  t.match((await command(['user', 'list', '--search', 'bob'])).out, new RegExp(bob))
  t.equal((await command(['user', 'list', '--search', 'carol'])).out, 'nobody\n')
  t.match(await command(['user', 'list', '--limit', '0']), { code: 1, err: /1 to 500/ })
  t.match(await command(['user', 'list', '--limit', 'x']), { code: 2 })
  t.match(await command(['user', 'list', '--order', 'x']), { code: 2 })
  t.match(await command(['user', 'list', alice]), { code: 2, err: /Nothing comes after it/ })
  t.match(await command(['user', 'list', '--tenant', 'nowhere']), { code: 1, err: /Check the tenant/ })
  t.match(await command(['user', 'show', 'alice@example.com', '--tenant', 'nope']), { code: 1, out: '', err: 'There is no tenant nope.\n' })
  const refused = async (args: string[]) => {
    const { code, out, err } = await command([...args, '--json'])
    return { code, err, ...JSON.parse(out) as { error: unknown } }
  }
  t.match(await refused(['user', 'show', 'carol@example.com']), { code: 1, err: /^There is no account/, error: { code: 'COMMAND_FAILED', message: /^There is no account/ } })
  t.match(await refused(['user', 'unlock', alice]), { code: 2, error: { code: 'COMMAND_WRONG', message: /--reason/ } })
  t.match(await refused(['stats', '--nothing']), { code: 2, error: { code: 'COMMAND_WRONG', message: /^Unknown flag/ } })
})

t.test('a person is shown, with sessions and roles, and these are changed for a reason', async (t) => {
  const { signUp, signIn, command, events } = await prepare(t)
  const alice = await signUp('alice@example.com')
  const handle = await signIn(alice)
  t.match((await command(['user', 'show', 'alice@example.com'])).out, new RegExp(`^id {8}${alice}\njoined {4}.*\ntenants {3}public\nlogin {5}alice@example.com\nroles {5}none\nsessions {2}1, the newest since 2023-11-14 22:13 UTC\nno second factor\n$`))
  t.match((await command(['user', 'sessions', alice])).out, new RegExp(`${handle}  public  2023-11-14 22:13 UTC  .*  Firefox on Linux  emailpassword \\+ totp\n$`))

  t.match(await command(['user', 'roles', alice, 'add', 'editor']), { code: 2, err: /Say why/ })
  t.match(await command(['user', 'roles', alice, 'add', 'editor', ...BECAUSE]), { code: 1, err: /no such role/ })
  t.match(await command(['user', 'roles', alice, 'add', 'editor', '--create', ...BECAUSE]), { code: 0, out: /has the role editor now/ })
  t.match(await command(['user', 'roles', alice, 'add', 'editor', ...BECAUSE]), { code: 0, out: /already/ })
  t.match(await command(['user', 'roles', alice, 'add', 'editor', '--tenant', 'other', ...BECAUSE]), { code: 1, err: /not in this tenant/ })
  t.equal((await command(['user', 'roles', alice])).out, 'public  editor\n')
  t.match(await command(['user', 'roles', alice, 'remove', 'editor', ...BECAUSE]), { code: 0 })
  t.match(await command(['user', 'roles', alice, 'take', 'editor', ...BECAUSE]), { code: 2 })

  t.match(await command(['session', 'revoke', handle]), { code: 2 })
  t.match(await command(['session', 'revoke', handle, ...BECAUSE]), { code: 0, out: new RegExp(`session of ${alice} has ended\\. One process of the service refuses .* within a minute\\. Any others admit them until they expire`) })
  t.match(await command(['session', 'revoke', handle, ...BECAUSE]), { code: 0, out: /^There is no such session any more\.\n$/ })
  t.match(JSON.parse((await command(['session', 'revoke', await signIn(alice), ...BECAUSE, '--json'])).out), { existed: true, userId: alice, toldBy: 'core' })
  t.match(await command(['session', 'end', handle, ...BECAUSE]), { code: 2 })
  await signIn(alice)
  t.match(await command(['user', 'revoke', alice, ...BECAUSE]), { code: 0, out: /: 1\.\nOne process of the service refuses/ })
  t.match((await events()).map(({ type, actor }) => `${String(type)} by ${String(actor)}`).sort(), ['role.added by otto', 'role.removed by otto', 'session.all-revoked by otto', 'session.revoked by otto', 'session.revoked by otto'])
})

t.test('a person is exported and deleted by whoever says why and means it', async (t) => {
  const { signUp, command, events } = await prepare(t)
  const alice = await signUp('alice@example.com')
  t.match(await command(['user', 'export', alice]), { code: 2 })
  t.match(JSON.parse((await command(['user', 'export', alice, ...BECAUSE])).out), { format: 'fastify-2fa-person', userId: alice, logins: [{ email: 'alice@example.com' }] })
  t.match(await command(['user', 'delete', alice, '--yes']), { code: 2, err: /Say why/ })
  t.match(await command(['user', 'delete', alice, ...BECAUSE]), { code: 2, err: /--yes/ }, 'nobody is at the terminal')
  t.match(await command(['user', 'delete', alice, ...BECAUSE], 'yes'), { code: 1, err: 'Nothing was deleted.\n' })
  t.match(await command(['user', 'delete', 'alice@example.com', ...BECAUSE], 'alice@example.com'), { code: 0, out: `${alice} is deleted.\n` })
  t.match(await command(['user', 'delete', alice, '--yes', '--json', ...BECAUSE]), { code: 0, out: /"existed": false/ })
  t.match(await command(['user', 'show', alice]), { code: 1, err: /There is no user/ })
  t.match((await events()).map(({ type }) => String(type)).sort(), ['user.deleted', 'user.deletion-started', 'user.exported'])
})

t.test('people of another tenant', async (t) => {
  const { signUp, command, ask } = await prepare(t)
  await signUp('alice@example.com')
  await ask('PUT', '/recipe/multitenancy/tenant/v2', { tenantId: 'shop', firstFactors: null })
  const bob = String((await ask('POST', '/shop/recipe/signup', { email: 'bob@example.com', password: 'correct horse 1' })).user!.id)
  t.match((await command(['user', 'list', '--tenant', 'shop'])).out, new RegExp(`^ID.*\n${bob}.*\n$`))
  t.match(await command(['user', 'show', 'bob@example.com']), { code: 1, err: /no account of/ })
  t.match((await command(['user', 'roles', 'bob@example.com', 'add', 'editor', '--create', '--tenant', 'shop', ...BECAUSE])).code, 0)
  t.equal((await command(['user', 'roles', bob])).out, 'shop  editor\n')
  t.match(JSON.parse((await command(['stats', '--everybody', '--json'])).out), { people: 2, tenants: { public: 1, shop: 1 }, counted: { people: 2 } })
  t.match(await command(['user', 'delete', 'bob@example.com', '--tenant', 'shop', '--yes', ...BECAUSE]), { code: 0 })
  t.equal((await command(['user', 'list', '--tenant', 'shop'])).out, 'nobody\n')
})

t.test('a Core that has no call for the metadata of many is asked for each', async (t) => {
  const asked: string[] = []
  const core = {
    ask: async () => { throw Object.assign(new Error('The Core answers 404.'), { status: 404 }) },
    metadata: async (id: string) => { asked.push(id); return { id } }
  } as unknown as Core
  t.strictSame(await metadataOf(core, ['a', 'b']), [{ id: 'a' }, { id: 'b' }])
  t.strictSame(asked, ['a', 'b'])
})

t.test('numbers of all', async (t) => {
  const { signUp, signIn, command, ask } = await prepare(t)
  const alice = await signUp('alice@example.com')
  await signUp('bob@example.com')
  await signIn(alice)
  await ask('PUT', '/recipe/user/metadata', { userId: alice, metadataUpdate: { 'fastify-2fa:totp:a': {}, 'fastify-2fa:failures': { lockedAt: '2030-01-01T00:00:00.000Z' } } })
  t.match((await command(['stats'])).out, /^people +2\nactive in the last day, a person and their phone as two/)
  t.match(JSON.parse((await command(['stats', '--everybody', '--sessions', '--json'])).out), {
    people: 2, tenants: { public: 2 }, recoveries: 0, counted: { people: 2, enrolled: { totp: 1 }, notEnrolled: 1, locked: 1, sessions: 1 }
  })
  t.match((await command(['stats', '--everybody'])).out, /with totp +1\nwithout a second factor +1\nlocked +1\n/)
})
