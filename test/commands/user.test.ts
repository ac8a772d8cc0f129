import { userInfo } from 'node:os'
import t, { type Test } from 'tap'
import { run } from '../../src/commands/run.js'
import { createCoreClient } from '../../src/account/core-client.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'

const KEY = 'a-key-of-twenty-letters'
const AGENDA = 'fastify-2fa-agenda'

/** A Core elsewhere with an account, and the command that works on it. */
async function prepare (t: Test, env: Record<string, string> = {}, email = 'alice@example.com') {
  const core = await createEmbeddedCore({ apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  t.teardown(() => core.close())
  const headers = { 'content-type': 'application/json', 'cdi-version': '5.4', 'api-key': KEY }
  async function ask (method: string, path: string, body?: object) {
    return await (await core.fetch(core.connectionURI + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })).json() as Record<string, Record<string, unknown>>
  }
  const client = createCoreClient({ addresses: [core.connectionURI], apiKey: KEY, fetch: core.fetch })
  const { user } = await ask('POST', '/recipe/signup', { email, password: 'correct horse 1' })
  const userId = String(user!.id)
  async function command (...words: string[]) {
    let out = ''
    let err = ''
    const io = { env: { SUPERTOKENS_CONNECTION_URI: core.connectionURI, SUPERTOKENS_API_KEY: KEY, ...env }, cwd: '/nonexistent', out: (text: string) => { out += text }, err: (text: string) => { err += text } }
    return { code: await run(['user', ...words], io), out, err }
  }
  return {
    userId,
    ask,
    command,
    because: ['--reason', 'lost phone, seen in person', '--by', 'otto'],
    /** Gives the account a session, and enrols a phone and an authenticator app. */
    async enrol (changes: object = {}) {
      const device = await ask('POST', '/recipe/signinup/code', { phoneNumber: '+12125550123' }) as unknown as Record<string, string>
      const phone = await ask('POST', '/recipe/signinup/code/consume', { deviceId: device.deviceId, preAuthSessionId: device.preAuthSessionId, userInputCode: device.userInputCode })
      const phoneUserId = String(phone.user!.id)
      await client.update(userId, { passwordlessUserId: phoneUserId, ...changes })
      return phoneUserId
    },
    metadata: () => client.metadata(userId),
    update: (changes: Record<string, unknown>) => client.update(userId, changes),
    acts: async () => Object.values(await client.metadata(AGENDA)).filter((entry) => typeof entry === 'object') as Array<{ act?: { events: Array<Record<string, unknown>>, notice?: string, channels?: object, sessionsEndedAt?: number }, recovery?: string }>,
    async sessions () { return (await ask('GET', `/recipe/session/user?userId=${userId}`)).sessionHandles as unknown as string[] },
    async signIn () {
      await ask('POST', '/recipe/session', { userId, enableAntiCsrf: false, useDynamicSigningKey: true, userDataInJWT: {}, userDataInDatabase: {} })
    }
  }
}

const APP = { name: 'My \u001b[2Japp', secret: 'x', since: 1_700_000_000_000 }

t.test('factors are listed masked, whatever names the account, and as JSON', async (t) => {
  const alice = await prepare(t)
  t.match((await alice.command('factors', alice.userId)).out, `${alice.userId}\nno second factor\n`)
  await alice.enrol({
    'fastify-2fa:totp:a': APP,
    'fastify-2fa:email': 'alice@mail.example',
    'fastify-2fa:recovery-codes': { id: 'x' },
    'fastify-2fa:failures': { lockedAt: '2030-01-01T00:00:00.000Z' },
    'fastify-2fa:password-change-required': 1_700_000_000_000
  })
  const { code, out } = await alice.command('factors', 'Alice@Example.com')
  t.equal(code, 0)
  t.match(out, /sms {2}\+1•+23\n/)
  t.match(out, /email {2}a•••@mail\.example\n/)
  t.match(out, /totp {2}"My \?\[2Japp" {2}since 2023-11-14 22:13 UTC\n/, 'a name that would clear the terminal does not')
  t.match(out, /recovery-code {2}BROKEN\nlocked since 2030-01-01T00:00:00.000Z\nthe password has to be changed, since 2023-11-14/)
  const json = (await alice.command('factors', alice.userId, '--json')).out
  t.notMatch(json, '\u001b')
  t.match(JSON.parse(json), { userId: alice.userId, factors: [{ factor: 'sms', phone: /^\+1•/ }, { factor: 'email' }, { factor: 'totp', name: APP.name }, { factor: 'recovery-code', broken: true }] })
  t.notMatch(out + json, /2125550123|alice@mail/, 'no whole number or address')
})

t.test('the last factor that is reset takes the password with it, and all sessions end', async (t) => {
  const alice = await prepare(t)
  const phoneUserId = await alice.enrol({ 'fastify-2fa:recovery-codes': { id: 'x' }, 'fastify-2fa:recovery-code-used:x:1:y': 1, 'fastify-2fa:recovery': {}, 'fastify-2fa:failures': { count: 9 }, other: 'stays' })
  await alice.signIn()
  const begun = Date.now()
  const { code, out } = await alice.command('reset-factor', alice.userId, 'sms', ...alice.because)
  t.equal(code, 0)
  t.match(out, /Removed from .*: sms, recovery-code\. All sessions have ended\.\nThe account has no second factor now\. Its password signs nobody in until it is reset/)
  const metadata = await alice.metadata()
  t.match(metadata, { other: 'stays', 'fastify-2fa:password-change-required': Number, 'fastify-2fa:credential-changed': { id: String }, 'fastify-2fa:sessions-ended': { id: String }, 'fastify-2fa:failures': { unlocked: Number } })
  t.strictSame(Object.keys(metadata).filter((key) => /passwordless|recovery|enrolment/.test(key)), [], 'nothing of it is left, and nobody else is kept waiting')
  t.strictSame(await alice.sessions(), [])
  const [entry] = await alice.acts()
  t.match(entry?.act, {
    notice: 'factor-and-password-reset',
    channels: { phoneUserId },
    events: [
      { type: 'second-factor.reset', factor: 'sms', userId: alice.userId, actor: 'otto', reason: 'lost phone, seen in person' },
      { type: 'second-factor.reset', factor: 'recovery-code' },
      { type: 'password.change-required', actor: 'otto' }
    ]
  }, 'the service publishes it, and tells the owner where the phone was')
  const { sessionsEndedAt } = entry!.act!
  t.ok(sessionsEndedAt! >= begun && sessionsEndedAt! <= Date.now(), 'and refuses tokens from before')
  t.match(await alice.command('reset-factor', alice.userId, 'all', ...alice.because), { code: 1, err: 'Nothing of this kind is enrolled.\n' })
})

t.test('the record of a factor that is switched off or broken is no other factor', async (t) => {
  for (const env of [{ SECOND_FACTORS: 'sms' }, { SECOND_FACTORS: 'sms,totp' }]) {
    const { userId, enrol, command, because, metadata } = await prepare(t, { RECOVERY_CODES: 'false', ...env })
    await enrol({ 'fastify-2fa:totp:1': env.SECOND_FACTORS === 'sms' ? APP : { name: 'broken' } })
    t.match(await command('reset-factor', userId, 'sms', ...because), { code: 0, out: /Removed from .*: sms, totp\..*\nThe account has no second factor now\. Its password signs nobody in/ })
    t.match(Object.keys(await metadata()).filter((key) => /totp|passwordless/.test(key)), [])
  }
})

t.test('a factor beside others is reset alone, and the password stays', async (t) => {
  const alice = await prepare(t)
  await alice.enrol({ 'fastify-2fa:totp:a': APP, 'fastify-2fa:passkey:b': {}, 'fastify-2fa:passkey-name:b': 'key', 'fastify-2fa:passkey-counter:b:c': {} })
  t.match(await alice.command('reset-factor', alice.userId, 'passkey', ...alice.because, '--json'), { code: 0, out: /"passwordChangeRequired": false/ })
  t.strictSame(Object.keys(await alice.metadata()).filter((key) => key.includes('passkey')), [])
  t.match(await alice.metadata(), { 'fastify-2fa:totp:a': APP, passwordlessUserId: String })
  t.notOk('fastify-2fa:password-change-required' in await alice.metadata())
  t.match(await alice.command('reset-factor', alice.userId, 'all', '--keep-password', ...alice.because), { code: 0, out: /It takes that of whoever signs in first/ })
  t.notOk('fastify-2fa:password-change-required' in await alice.metadata())
})

t.test('where no link resets a password, the last factor is not reset with it', async (t) => {
  const alice = await prepare(t, { PASSWORD_RESET: 'false' })
  await alice.enrol()
  t.match(await alice.command('reset-factor', alice.userId, 'sms', ...alice.because), { code: 1, err: /Whoever has the password could take it over/ })
  t.match(await alice.metadata(), { passwordlessUserId: String })
  t.match(await alice.command('force-password-change', alice.userId, ...alice.because), { code: 1, err: /could not sign in any more/ })
  t.match(await alice.command('reset-factor', alice.userId, 'sms', '--keep-password', ...alice.because), { code: 0 })
})

t.test('a password change is forced', async (t) => {
  const alice = await prepare(t)
  await alice.signIn()
  t.match(await alice.command('force-password-change', 'alice@example.com', '--reason', 'leaked'), { code: 0, out: /signs nobody in until it is reset by a link/ })
  t.match(await alice.metadata(), { 'fastify-2fa:password-change-required': Number })
  t.strictSame(await alice.sessions(), [])
  t.match((await alice.acts())[0]?.act, { events: [{ type: 'password.change-required', actor: userInfo().username, reason: 'leaked' }] }, 'by the user of this machine, where nobody says who')
})

t.test('a recovery is started, shortened and stopped', async (t) => {
  const alice = await prepare(t, { ACCOUNT_RECOVERY: 'true', RECOVERY_PERIOD: '48h' })
  t.match(await alice.command('start-recovery', alice.userId, ...alice.because), { code: 1, err: 'The account has no second factor to recover.\n' })
  await alice.enrol()
  const recovery = async () => (await alice.metadata())['fastify-2fa:recovery'] as { id: string, startedAt: number, readyAt: number, lapsesAt: number }
  t.match(await alice.command('start-recovery', alice.userId, ...alice.because), { code: 0, out: /can be finished from .* UTC until/ })
  const first = await recovery()
  t.equal(first.readyAt - first.startedAt, 48 * 3_600_000)
  await alice.command('start-recovery', alice.userId, '--wait', '24h', ...alice.because)
  t.equal((await recovery()).id, first.id, 'the same one')
  t.ok(Math.abs((await recovery()).readyAt - Date.now() - 24 * 3_600_000) < 60_000)
  await alice.command('start-recovery', alice.userId, ...alice.because)
  t.ok(Math.abs((await recovery()).readyAt - Date.now() - 24 * 3_600_000) < 60_000, 'it never gets longer')
  await alice.command('start-recovery', alice.userId, '--wait', '0', ...alice.because)
  t.ok((await recovery()).readyAt <= Date.now())
  t.match(await alice.acts(), [{ recovery: alice.userId }, { act: { events: [{ type: 'recovery.started', actor: 'otto' }] } }])
  t.match((await alice.command('factors', alice.userId)).out, /recovery: ready/)
  t.match(await alice.command('stop-recovery', alice.userId, ...alice.because), { code: 0 })
  t.notOk(await recovery())
  t.notOk((await alice.acts()).some((entry) => 'recovery' in entry), 'nobody is reminded of it')
  t.match(await alice.command('stop-recovery', alice.userId, ...alice.because), { code: 1, err: /No recovery/ })
  t.match(await alice.command('start-recovery', alice.userId, '--wait', 'soon', ...alice.because), { code: 2, err: /--wait/ })
})

t.test('where accounts are not recovered, none is started', async (t) => {
  const alice = await prepare(t)
  t.match(await alice.command('start-recovery', alice.userId, ...alice.because), { code: 1, err: /ACCOUNT_RECOVERY/ })
})

t.test('phone + password: an account gets another number, unless somebody has it', async (t) => {
  const alice = await prepare(t, { FIRST_FACTOR: 'phone-password' }, '+12125550101')
  await alice.ask('POST', '/recipe/signup', { email: '+12125550102', password: 'correct horse 1' })
  await alice.signIn()
  t.match((await alice.command('factors', '+1 212 555 0101')).out, /sms {2}\+1•+01/)
  t.match(await alice.command('reset-factor', alice.userId, 'sms', ...alice.because), { code: 1, err: /The phone is the login/ })
  t.match(await alice.command('change-number', alice.userId, '12', ...alice.because), { code: 1, err: /no phone number/ })
  t.match(await alice.command('change-number', alice.userId, '+12125550102', ...alice.because), { code: 1, err: /Another account has this number/ })
  t.match(await alice.command('change-number', '+12125550101', '+1 212 555 0103', ...alice.because), { code: 0 })
  t.strictSame(await alice.sessions(), [])
  t.match((await alice.command('factors', alice.userId)).out, /sms {2}\+1•+03/)
  t.match((await alice.acts())[0]?.act, { events: [{ type: 'number.changed', phone: /^\+1•+01$/, actor: 'otto' }] })
})

t.test('what it refuses', async (t) => {
  const alice = await prepare(t)
  const phoneUserId = await alice.enrol()
  t.match(await alice.command('unlock', alice.userId), { code: 2, err: /Say why with --reason/ })
  t.match(await alice.command('unlock', alice.userId, '--reason', ' '), { code: 1, err: /Say why/ })
  t.match(await alice.command('unlock', alice.userId, '--reason', 'two\nlines'), { code: 1, err: /Say why/ })
  t.match(await alice.command('unlock', alice.userId, '--reason', 'x', '--by', 'y'.repeat(129)), { code: 1, err: /Say who/ })
  t.match(await alice.command('reset-factor', alice.userId, ...alice.because), { code: 2, err: /reset-factor <who> <factor\|all>/ })
  t.match(await alice.command('reset-factor', alice.userId, 'sns', ...alice.because), { code: 1, err: /There is no factor "sns", only sms, email, totp, passkey, recovery-code and all/ })
  t.match(await alice.command('unlock', 'bob@example.com', ...alice.because), { code: 1, err: /There is no account of bob@example.com/ })
  t.match(await alice.command('unlock', '+12125550123', ...alice.because), { code: 1, err: /cannot be found by a phone number/ })
  t.match(await alice.command('unlock', phoneUserId, ...alice.because), { code: 1, err: /user of a phone/ })
  t.match(await alice.command('toString', alice.userId), { code: 2, err: /Unknown action/ })
  t.match(await alice.command(''), { code: 2, err: /^Name an action\. Use user list, / })
  await alice.ask('POST', '/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g', email: { id: 'alice@example.com', isVerified: true } })
  t.match(await alice.command('factors', 'alice@example.com'), { code: 1, err: /several accounts of alice@example.com.*, / })
  await alice.update({ 'fastify-2fa:enrolment:other': Date.now() })
  t.match(await alice.command('reset-factor', alice.userId, 'sms', ...alice.because), { code: 1, err: /try again soon/ }, 'while somebody changes the same')
})
