import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { advance, enrolTotp, signIn, signUp, type SignedInUser, type TestSession } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { pathTo } from '../root.js'
import { codeOf, isIn, wrongCode } from './totp.js'

const build = (t: Test) => buildApp(t, { secondFactors: ['sms', 'totp'] })

/** Stands in for the fetch wrapper of docs/frontend/without-sdk.md, which a test in Chromium runs. */
const WRAPPER = 'let call\nexport const connect = (given) => { call = given }\nexport const api = (path, init) => call(path, init)\n'

interface Init { method: 'GET' | 'POST', body?: string }

/** The script in a page, with that name in the comment before it. */
async function codeIn (page: string, file: string): Promise<string> {
  const text = await readFile(pathTo(`docs/${page}`), 'utf8')
  const [, code] = new RegExp(`^<!-- file: ${file} -->\\n\`\`\`js\\n([^]*?)^\`\`\``, 'm').exec(text) ?? []
  if (code === undefined) throw new Error(`docs/${page} has no ${file}`)
  return code
}

async function load<Script> (t: Test, files: Record<string, string>, file: string): Promise<Script> {
  const folder = t.testdir()
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code)
  return await import(pathToFileURL(join(folder, file)).href) as Script
}

interface Scripts {
  connect (call: (path: string, init: Init) => Promise<{ json (): Promise<unknown> }>): void
  addApp (name?: string): Promise<{ status: string, deviceName: string, secret: string, qrCodeSvg: string }>
  confirmApp (name: string, code: string): Promise<{ status: string, recoveryCodes: string[] }>
  renameApp (from: string, to: string): Promise<object>
  enterAppCode (code: string): Promise<object>
  listApps (): Promise<object>
  removeApp (name: string): Promise<object>
  enterRecoveryCode (code: string): Promise<object>
  readRecoveryCodes (): Promise<object>
  makeRecoveryCodes (): Promise<{ status: string, recoveryCodes: string[] }>
  keepRecoveryCodes (): Promise<object>
}

/** All functions of the pages, and a way to choose whose session they use. */
async function scripts (t: Test) {
  const page = await load<Scripts>(t, {
    'auth.js': WRAPPER,
    'totp.js': await codeIn('second-factor/totp.md', 'totp.js'),
    'recovery-codes.js': await codeIn('second-factor/recovery-codes.md', 'recovery-codes.js'),
    'page.js': "export * from './auth.js'\nexport * from './totp.js'\nexport * from './recovery-codes.js'\n"
  }, 'page.js')
  const as = (session: TestSession): void => page.connect(async (url, { method, body }) =>
    await session.inject({ method, url, headers: { 'content-type': 'application/json' }, ...(body !== undefined && { payload: body }) }))
  return { page, as }
}

t.test('the scripts for authenticator apps and recovery codes do what their pages say', async (t) => {
  const app = await build(t)
  const { page, as } = await scripts(t)
  const alice = await signUp(app)
  as(alice.session)
  t.same(await page.readRecoveryCodes(), { status: 'OK', left: 0, acknowledged: false })
  t.same(await page.enterAppCode('123456'), { status: 'UNKNOWN_USER_ID_ERROR' })
  const { deviceName, secret, qrCodeSvg } = await page.addApp('')
  t.equal(deviceName, 'TOTP Device 1', 'an empty name is left out')
  t.match(qrCodeSvg, /^<svg/)
  t.match(await page.confirmApp(deviceName, wrongCode(secret)), { status: 'INVALID_TOTP_ERROR' })
  const { status, recoveryCodes } = await page.confirmApp(deviceName, codeOf(secret))
  t.equal(status, 'OK')
  t.equal(recoveryCodes.length, 10)
  t.same(await page.keepRecoveryCodes(), { status: 'OK', left: 10, acknowledged: true })
  t.same(await page.listApps(), [{ name: deviceName, period: 30, skew: 1, verified: true }])
  t.same(await page.renameApp(deviceName, 'Phone'), { status: 'OK' })
  t.match(await page.removeApp('Phone'), { status: 'GENERAL_ERROR', code: 'AUTH_LAST_FACTOR' })
  t.match(await page.removeApp('another'), { status: 'OK', didDeviceExist: false })

  advance(30)
  const second = await signIn(app, alice)
  as(second.session)
  t.match(await page.addApp('Thief'), { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENT_REFUSED' })
  t.match(await page.readRecoveryCodes(), { claimValidationErrors: [{ id: '2fa-completed' }] }, 'not before the second factor')
  t.same(await page.enterAppCode(codeOf(secret)), { status: 'OK' })
  t.ok(await isIn(second))

  const third = await signIn(app, alice)
  as(third.session)
  t.match(await page.enterAppCode(codeOf(secret)), { status: 'INVALID_TOTP_ERROR' }, 'a code that was used already')
  t.match(await page.enterRecoveryCode('zzz'), { status: 'GENERAL_ERROR', message: /15 letters and digits/ })
  t.same(await page.enterRecoveryCode('00000-00000-00000'), { status: 'INVALID_RECOVERY_CODE_ERROR' })
  t.same(await page.enterRecoveryCode(recoveryCodes[0]!), { status: 'OK', left: 9, enrolAnew: true })
  t.same(await page.readRecoveryCodes(), { status: 'OK', left: 9, acknowledged: true })
  t.equal((await page.makeRecoveryCodes()).recoveryCodes.length, 10)
  t.same(await page.readRecoveryCodes(), { status: 'OK', left: 10, acknowledged: false })
})

t.test('five wrong codes and a wait, as the page about apps shows them', async (t) => {
  const app = await build(t)
  const { page, as } = await scripts(t)
  const alice = await signUp(app)
  const secret = await enrolTotp(app, alice)
  as((await signIn(app, alice)).session)
  for (let tries = 1; tries <= 5; tries++) {
    t.same(await page.enterAppCode(wrongCode(secret)), { status: 'INVALID_TOTP_ERROR', currentNumberOfFailedAttempts: tries, maxNumberOfFailedAttempts: 5 })
  }
  t.same(await page.enterAppCode(wrongCode(secret)),
    { status: 'LIMIT_REACHED_ERROR', message: 'Too many wrong codes. Try again in 30 seconds.', code: 'AUTH_LIMIT_REACHED', retryAfterMs: 30_000 })
})

t.test('somebody who has lost everything enrols anew after what the page tells operators to do', async (t) => {
  const app = await build(t)
  const code = (await codeIn('second-factor.md', 'reset.js')).replace('\n\n', '\n\nexport async function reset (userId) {\n')
  const { reset } = await load<{ reset (userId: string): Promise<void> }>(t, { 'reset.js': `${code}}\n` }, 'reset.js')
  const { page, as } = await scripts(t)
  const alice = await signUp(app)
  await enrolTotp(app, alice)
  const choice = async ({ session }: SignedInUser) => (await session.inject({ method: 'PUT', url: '/auth/mfa/info' })).json().factors
  t.match(await choice(await signIn(app, alice)), { alreadySetup: ['totp', 'recovery-code'], allowedToSetup: [] })

  await reset(alice.userId)
  const next = await signIn(app, alice)
  t.notOk(await isIn(next), 'they need a second factor as before')
  t.same(await choice(next), { next: ['totp', 'otp-phone'], alreadySetup: [], allowedToSetup: ['totp', 'otp-phone'] })
  as(next.session)
  const { deviceName, secret } = await page.addApp()
  t.equal((await page.confirmApp(deviceName, codeOf(secret))).recoveryCodes.length, 10, 'with new recovery codes')
  t.equal((await alice.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'a session from before has ended')
})
