import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createCoreClient } from '../../src/account/core-client.js'
import { run } from '../../src/commands/run.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { PROBLEMS, type Report } from '../../src/migrate/adopt/report.js'
import { pathTo } from '../root.js'

const KEY = 'a-key-of-twenty-letters'

type Json = Record<string, unknown>

/** A Core elsewhere, what an app of the guides writes into it, and the command. */
async function prepare (t: Test, env: Record<string, string> = {}) {
  const core = await createEmbeddedCore({ apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const headers = { 'content-type': 'application/json', 'cdi-version': '5.4', 'api-key': KEY }
  let writes = 0
  async function ask (method: string, path: string, body?: object): Promise<Json> {
    return await (await core.fetch(core.connectionURI + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })).json() as Json
  }
  const client = createCoreClient({ addresses: [core.connectionURI], apiKey: KEY, fetch: core.fetch })
  const everything = async () => JSON.stringify([await ask('GET', '/users?limit=500'), await Promise.all(ids.map((id) => client.metadata(id)))])
  const ids: string[] = []
  const idOf = ({ user }: Json): string => {
    const { id } = user as { id: string }
    ids.push(id)
    return id
  }
  async function command (...words: string[]) {
    let out = ''
    let err = ''
    const io = { env: { SUPERTOKENS_CONNECTION_URI: core.connectionURI, SUPERTOKENS_API_KEY: KEY, ...env }, cwd: '/nonexistent', out: (text: string) => { out += text }, err: (text: string) => { err += text } }
    return { code: await run(['migrate', ...words], io), out, err }
  }
  return {
    ask,
    client,
    command,
    everything,
    async report (...words: string[]) {
      const { code, out, err } = await command(...words, '--json')
      t.equal(err, '')
      return { code, ...JSON.parse(out) as Report }
    },
    account: async (email = `person-${++writes}@example.com`) => idOf(await ask('POST', '/recipe/signup', { email, password: 'correct horse 1' })),
    async phone (phoneNumber: string) {
      const { deviceId, preAuthSessionId, userInputCode } = await ask('POST', '/recipe/signinup/code', { phoneNumber })
      return idOf(await ask('POST', '/recipe/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode }))
    },
    async session (userId: string, userDataInJWT: object) {
      const { session } = await ask('POST', '/recipe/session', { userId, enableAntiCsrf: false, useDynamicSigningKey: true, userDataInJWT, userDataInDatabase: {} })
      return (session as { handle: string }).handle
    },
    /** Gives an account an authenticator app of SuperTokens' own recipe, proved or not. */
    async totp (userId: string, verified: boolean) {
      const { secret } = await ask('POST', '/recipe/totp/device', { userId, deviceName: 'app', skew: 1, period: 30 })
      if (!verified) return
      const { TOTP } = await import('otpauth')
      await ask('POST', '/recipe/totp/device/verify', { userId, deviceName: 'app', totp: new TOTP({ secret: String(secret) }).generate() })
    }
  }
}

t.test('check counts everybody, lists who needs a decision, and changes nothing', async (t) => {
  const { account, phone, client, command, report, everything } = await prepare(t)
  const [fine, none, gone, odd, one, other, own] = [await account(), await account(), await account(), await account(), await account(), await account(), await account()]
  const [hers, family] = [await phone('+12125550101'), await phone('+12125550102')]
  await phone('+12125550103')
  await client.update(fine, { passwordlessUserId: hers })
  await client.update(gone, { passwordlessUserId: 'nobody' })
  await client.update(odd, { passwordlessUserId: 5 })
  for (const id of [one, other]) await client.update(id, { passwordlessUserId: family })
  await client.update(own, { passwordlessUserId: own, _supertokens: { requiredSecondaryFactors: ['otp-phone', 5] } })
  const before = await everything()
  const found = await report('check')
  t.match(found, { code: 3, dryRun: true, accounts: 7, enrolled: 6, notEnrolled: 1, unusedPhones: 1, changes: {} })
  t.same(found.findings.map(({ userId, problem, others }) => [userId, problem, others]).sort(), [
    [gone, 'phone-gone', undefined], [odd, 'record-invalid', undefined], [one, 'phone-shared', [other]], [other, 'phone-shared', [one]],
    [own, 'phone-gone', undefined], [own, 'mfa-required', undefined]
  ].sort())
  const { out, code } = await command('check')
  t.equal(code, 3)
  t.match(out, /^7 accounts: 6 with a second factor, 1 without; 1 phones of no account\n6 to decide:\n/)
  t.match(out, `${gone}  phone-gone\n`)
  t.match(out, /\n\nphone-gone: The second factor points to nobody/)
  t.notMatch(out, none)
  t.equal(await everything(), before)
})

t.test('from-guides does what is left to do, once, and nothing in a dry run', async (t) => {
  const { account, phone, client, command, report, everything } = await prepare(t)
  const id = await account()
  const record = await phone('+12125550101')
  await client.update(id, { passwordlessUserId: record, theirs: 1 })
  const before = await everything()
  t.match(await report('from-guides', '--dry-run'), { code: 0, dryRun: true, changes: { 'number-noted': 1 }, findings: [] })
  t.equal(await everything(), before)
  t.match((await command('from-guides', '--dry-run')).out, /\nwould change: 1 numbers written down beside the phone\nno account needs a decision\n$/)
  t.match((await command('from-guides')).out, '\nchanged: 1 numbers')
  t.same(await client.metadata(id), { passwordlessUserId: record, theirs: 1, 'fastify-2fa:phone-number': { user: record, number: '+12125550101' } })
  t.same((await report('from-guides')).changes, {}, 'again')
})

t.test('sessions of the other app can be asked to pass once more; those of this product are left alone', async (t) => {
  const { account, client, session, report } = await prepare(t)
  const id = await account()
  const theirs = { '2fa-completed': { v: true, t: 1 }, cart: 1 }
  const [passed, half, ours] = [await session(id, theirs), await session(id, { '2fa-completed': { v: false, t: 1 } }), await session(id, { ...theirs, 'st-mfa': { c: {}, v: true } })]
  t.same((await report('from-guides')).changes, {})
  t.match((await report('from-guides', '--ask-again', '--dry-run')).changes, { 'session-asks-again': 1 })
  t.match(await client.payloadOf(passed), theirs)
  t.match((await report('from-guides', '--ask-again')).changes, { 'session-asks-again': 1 })
  t.match(await client.payloadOf(passed), { '2fa-completed': { v: false }, cart: 1 })
  t.match(await client.payloadOf(half), { '2fa-completed': { v: false, t: 1 } })
  t.match(await client.payloadOf(ours), { '2fa-completed': { v: true } })
  t.same((await report('from-guides', '--ask-again')).changes, {}, 'again')
})

t.test('phone + password: logins are rewritten as people type them here, unless somebody has the number', async (t) => {
  const { account, report, ask, command } = await prepare(t, { FIRST_FACTOR: 'phone-password' })
  const [plain, spaced, word, taken] = [await account('+12125550101'), await account('+1 212 555 0102'), await account('no-number'), await account('+1 (212) 555-0101')]
  t.match(await report('check'), { code: 3, accounts: 4, enrolled: 3, notEnrolled: 1, findings: [{ userId: word, problem: 'login-no-number' }] })
  const { code, changes, findings } = await report('from-guides')
  t.match([code, changes], [3, { 'login-rewritten': 1 }])
  t.same(findings.map(({ userId, problem, phone }) => [userId, problem, phone]).sort(), [[word, 'login-no-number', undefined], [taken, 'login-taken', '+1••••••••01']].sort())
  const emailOf = async (userId: string) => ((await ask('GET', `/user/id?userId=${userId}`)).user as { emails: string[] }).emails[0]
  t.same([await emailOf(plain), await emailOf(spaced), await emailOf(taken)], ['+12125550101', '+12125550102', '+1 (212) 555-0101'])
  const { out } = await command('from-guides')
  t.notMatch(out, /2125550101|555-0101/, 'no whole number is printed')
  t.match(await command('from-mfa'), { code: 2, err: /is for accounts with an e-mail address/ })
})

t.test('from-mfa points accounts to their linked phones, keeps rules, and leaves no account open', async (t) => {
  const { account, phone, client, report, totp, everything } = await prepare(t)
  const [withPhone, two, app, draft, none] = [await account(), await account(), await account(), await account(), await account()]
  t.equal(await client.linkLogin(await phone('+12125550101'), withPhone), undefined)
  t.equal(await client.linkLogin(await phone('+12125550102'), two), undefined)
  t.equal(await client.linkLogin(await phone('+12125550103'), two), undefined)
  await client.update(withPhone, { _supertokens: { requiredSecondaryFactors: ['otp-phone'] } })
  await totp(app, true)
  await totp(draft, false)
  const before = await everything()
  const expected = { changes: { 'phone-adopted': 2, 'requirement-adopted': 1, 'password-change-forced': 1 }, code: 3, accounts: 5 }
  t.match(await report('from-mfa', '--dry-run'), expected)
  t.equal(await everything(), before)
  const done = await report('from-mfa', '--by', 'otto')
  t.match(done, expected)
  t.same(done.findings.map(({ userId, problem }) => [userId, problem]).sort(), [[two, 'several-phones'], [app, 'totp-unreadable']].sort())
  t.match(await client.metadata(withPhone), { passwordlessUserId: withPhone, 'fastify-2fa:phone-number': { user: withPhone, number: '+12125550101' }, 'fastify-2fa:second-factor': 'required' })
  t.match(await client.metadata(two), { passwordlessUserId: two, 'fastify-2fa:phone-number': { number: '+12125550102' } })
  t.ok((await client.metadata(app))['fastify-2fa:password-change-required'])
  t.match(JSON.stringify(await client.metadata('fastify-2fa-agenda')), /"actor":"otto"/)
  t.same([await client.metadata(draft), await client.metadata(none)], [{}, {}])
  t.same((await report('from-mfa')).changes, {}, 'again')
})

t.test('an account whose authenticator app cannot be read, and whose password nobody could reset, is locked until an operator unlocks it', async (t) => {
  const { account, report, totp, client } = await prepare(t, { PASSWORD_RESET: 'false' })
  const id = await account()
  await totp(id, true)
  const finding = { userId: id, problem: 'totp-unreadable-locked' }
  t.match(await report('from-mfa'), { code: 3, changes: { locked: 1 }, findings: [finding] })
  t.match(await client.metadata(id), { 'fastify-2fa:failures': { lockedAt: String } })
  t.match(await report('from-mfa'), { changes: {}, findings: [finding] }, 'again')
  await client.update(id, { 'fastify-2fa:failures': { unlocked: Date.now() } })
  t.match(await report('from-mfa'), { changes: {} }, 'an operator has said so')
})

t.test('to-mfa links phones to their accounts, and says what stays', async (t) => {
  const { account, phone, client, report, ask } = await prepare(t)
  const [alone, one, other, key] = [await account(), await account(), await account(), await account()]
  const [hers, family, spare] = [await phone('+12125550101'), await phone('+12125550102'), await phone('+12125550103')]
  await client.update(alone, { passwordlessUserId: hers, _supertokens: { other: 1 } })
  for (const id of [one, other]) await client.update(id, { passwordlessUserId: family })
  await client.update(key, { passwordlessUserId: spare, 'fastify-2fa:passkey:a': {} })
  t.match((await report('to-mfa', '--dry-run')).changes, { 'phone-linked': 2 })
  t.equal(((await ask('GET', `/user/id?userId=${alone}`)).user as { loginMethods: object[] }).loginMethods.length, 1)
  const { changes, findings } = await report('to-mfa')
  t.same(changes, { 'phone-linked': 2 })
  t.match(findings.map(({ problem }) => problem).sort(), ['factor-stays', 'phone-shared', 'phone-shared'])
  t.match((await ask('GET', `/user/id?userId=${alone}`)).user, { loginMethods: [{}, { recipeId: 'passwordless', phoneNumber: '+12125550101' }] })
  t.match(await client.metadata(alone), { passwordlessUserId: alone, _supertokens: { other: 1, requiredSecondaryFactors: ['otp-phone'] } })
  t.same((await report('to-mfa')).changes, {}, 'again')
  t.same((await report('from-mfa')).changes, { 'requirement-adopted': 2 }, 'and back')
})

t.test('a phone that is linked to somebody else is not taken from them', async (t) => {
  const { account, phone, client, report } = await prepare(t)
  const [theirs, id] = [await account(), await account()]
  const record = await phone('+12125550101')
  t.equal(await client.linkLogin(record, theirs), undefined)
  await client.update(id, { passwordlessUserId: record })
  const before = await client.metadata(id)
  t.match(await report('to-mfa'), { code: 3, changes: {}, findings: [{ userId: id, problem: 'cannot-link', phone: '+1••••••••01' }] })
  t.same(await client.metadata(id), before)
})

t.test('the page of the docs has every problem in the words of the command', async (t) => {
  const page = readFileSync(pathTo('docs/migration.md'), 'utf8')
  t.same([...page.matchAll(/^\| `([a-z][a-z-]+)` \| ([^|]+) \|$/gm)].map(([, name, text]) => [name, text]), Object.entries(PROBLEMS))
})

t.test('wrong words are refused', async (t) => {
  const { command } = await prepare(t)
  t.match(await command('from-guide'), { code: 2, err: /Unknown kind "from-guide"[^]*from-guides/ })
  t.match(await command(), { code: 2, err: /Use migrate check, from-guides/ })
  t.match(await command('check', 'x'), { code: 2, err: /Unexpected "x"/ })
  t.match(await command('check', '--ask-again'), { code: 2, err: /--ask-again is for from-guides/ })
})
