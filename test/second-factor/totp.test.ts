import * as UserMetadata from 'supertokens-node/recipe/usermetadata'
import decodeQR from 'qr/decode.js'
import { Secret, URI } from 'otpauth'
import t, { type Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { advance, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build as buildApp } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { codeOf, enrolApp, isIn, passByApp, post, setUp, wrongCode } from './totp.js'
import { payloadOf } from '../attacks/suite/clients.js'

// Half a minute must not end between two lines of a test.
stopClock()

const build = (t: Test): Promise<FastifyInstance> => buildApp(t, { secondFactors: ['totp'], recoveryCodes: false })
const metadataOf = async ({ userId }: SignedInUser) => (await UserMetadata.getUserMetadata(userId)).metadata as Record<string, unknown>
const list = async ({ session }: SignedInUser) => (await session.inject('/auth/totp/device/list')).json()
const INVALID = { status: 'INVALID_TOTP_ERROR' }

/** Reads the picture as a phone does: draws its path, then scans it. */
function scan (svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)![1])
  const scale = 4
  const side = size * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column++) data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
    }
  }
  return decodeQR({ width: side, height: side, data })
}

t.test('an app is added with a picture or a secret, confirmed by its first code, and passes from then on', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const device = await setUp(alice)
  t.match(device, { status: 'OK', issuerName: 'fastify-2fa', deviceName: 'TOTP Device 1', secret: /^[A-Z2-7]{32}$/ })
  t.equal(scan(device.qrCodeSvg), device.qrCodeString, 'the picture is the text')
  t.match(URI.parse(device.qrCodeString), { issuer: 'fastify-2fa', label: alice.email, period: 30, digits: 6, algorithm: 'SHA1', secret: Secret.fromBase32(device.secret) })
  t.notOk(await isIn(alice), 'a secret that is not confirmed is no second factor')
  t.same(await list(alice), { status: 'OK', devices: [] })

  t.match((await post(alice, '/totp/device/verify', { deviceName: device.deviceName, totp: wrongCode(device.secret) })).json(), { ...INVALID, currentNumberOfFailedAttempts: 1, maxNumberOfFailedAttempts: 5 })
  t.same((await post(alice, '/totp/device/verify', { deviceName: device.deviceName, totp: codeOf(device.secret) })).json(), { status: 'OK', wasAlreadyVerified: false })
  t.ok(await isIn(alice))
  t.same(await list(alice), { status: 'OK', devices: [{ name: 'TOTP Device 1', period: 30, skew: 1, verified: true }] })

  const next = await signIn(app, alice)
  t.notOk(await isIn(next))
  t.same((await passByApp(next, device.secret)).json(), { status: 'OK' })
  t.ok(await isIn(next))
  t.match(payloadOf(next.session), { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:fastify-2fa:totp', 'st-mfa': { c: { totp: Number }, v: true } })
})

t.test('the code before and the code after the present one pass, others do not', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const secret = await enrolApp(alice)
  advance(120)
  for (const periods of [-2, 2, 3]) t.match((await post(await signIn(app, alice), '/totp/verify', { totp: codeOf(secret, periods) })).json(), INVALID, `${periods}`)
  for (const periods of [-1, 0, 1]) t.same((await post(await signIn(app, alice), '/totp/verify', { totp: codeOf(secret, periods) })).json(), { status: 'OK' }, `${periods}`)
})

t.test('codes are read as people type and paste them, and what is none is no try', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const secret = await enrolApp(alice)
  const spell = [
    (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`, (code: string) => `\u202a${code}\u200b`, (code: string) => `${code.slice(0, 3)}-${code.slice(3)}\n`,
    (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  ]
  for (const typed of spell) {
    advance(30)
    t.same((await post(await signIn(app, alice), '/totp/verify', { totp: typed(codeOf(secret)) })).json(), { status: 'OK' }, typed('123456'))
  }
  const next = await signIn(app, alice)
  for (const totp of ['', ' ', '12345', '1234567', 'abcdef', 'x'.repeat(256)]) {
    for (let i = 0; i < 3; i++) t.match((await post(next, '/totp/verify', { totp })).json(), { status: 'GENERAL_ERROR', message: 'Please enter the 6 digits of the code.' })
  }
  t.same((await passByApp(next, secret)).json(), { status: 'OK' })
})

t.test('bodies and names are checked', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  for (const [url, payload] of [
    ['/totp/device', { deviceName: 1 }], ['/totp/device', { deviceName: '' }], ['/totp/device', { deviceName: ' ' }], ['/totp/device', { deviceName: 'a\u0007b' }], ['/totp/device', { deviceName: 'x'.repeat(65) }], ['/totp/device', { deviceName: ['x'] }],
    ['/totp/verify', {}], ['/totp/verify', { totp: 123456 }], ['/totp/verify', { totp: '1'.repeat(257) }], ['/totp/device/verify', { totp: '123456' }], ['/totp/device/verify', { deviceName: 'x' }], ['/totp/device/verify', { deviceName: {}, totp: '123456' }],
    ['/totp/device/remove', {}], ['/totp/device/remove', { deviceName: 'x'.repeat(257) }]
  ] as Array<[string, object]>) t.match((await post(alice, url, payload)).json(), { status: 'GENERAL_ERROR', code: /^AUTH_(BODY_INVALID|INPUT_TOO_LONG)$/ }, `${url} ${JSON.stringify(payload).slice(0, 40)}`)
  t.match(await setUp(alice, ` ${'\u{1f511}'.repeat(62)} `), { status: 'OK', deviceName: '\u{1f511}'.repeat(62) })
})

t.test('several apps have names of their own, at most three, and each passes', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const secrets = [await enrolApp(alice, 'Phone')]
  t.same((await post(alice, '/totp/device', { deviceName: ' Phone ' })).json(), { status: 'DEVICE_ALREADY_EXISTS_ERROR', message: 'There is a device of this name already.' })
  t.equal((await setUp(alice)).deviceName, 'TOTP Device 2')
  for (const name of ['__proto__', undefined]) secrets.push(await enrolApp(alice, name))
  t.same((await list(alice)).devices.map(({ name }: { name: string }) => name).toSorted(), ['Phone', 'TOTP Device 3', '__proto__'])
  t.match(await setUp(alice, 'one more'), { status: 'GENERAL_ERROR', code: 'AUTH_ENROLMENTS_FULL' })
  for (const secret of secrets) {
    const next = await signIn(app, alice)
    t.same((await passByApp(next, secret)).json(), { status: 'OK' })
  }
})

t.test('an app is removed by its name, except the last; what it shows does not pass any more', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const phone = await enrolApp(alice, 'Phone')
  t.match((await post(alice, '/totp/device/remove', { deviceName: 'Phone' })).json(), { status: 'GENERAL_ERROR', code: 'AUTH_LAST_FACTOR' })
  const laptop = await enrolApp(alice, 'Laptop')
  const elsewhere = await signIn(app, alice)
  t.same((await post(alice, '/totp/device/remove', { deviceName: 'Phone' })).json(), { status: 'OK', didDeviceExist: true })
  t.same((await post(alice, '/totp/device/remove', { deviceName: 'Phone' })).json(), { status: 'OK', didDeviceExist: false })
  t.equal((await passByApp(elsewhere, laptop)).statusCode, 401, 'other sessions end')
  const next = await signIn(app, alice)
  t.match((await passByApp(next, phone)).json(), INVALID)
  t.same((await passByApp(next, laptop)).json(), { status: 'OK' })
  t.match((await post(alice, '/totp/device/remove', { deviceName: 'Laptop' })).json(), { code: 'AUTH_LAST_FACTOR' })
})

t.test('an app gets another name, which no other one has, and no session ends', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const phone = await enrolApp(alice, 'Phone')
  await enrolApp(alice, 'Laptop')
  const next = await signIn(app, alice)
  const rename = async (user: SignedInUser, existingDeviceName: string, newDeviceName: string) => await post(user, '/totp/device/rename', { existingDeviceName, newDeviceName })
  t.equal((await rename(next, 'Phone', 'Mine')).statusCode, 403, 'the password alone renames nothing')
  t.same((await rename(alice, 'Phone', ' Laptop ')).json(), { status: 'DEVICE_ALREADY_EXISTS_ERROR', message: 'There is a device of this name already.' })
  t.same((await rename(alice, 'Tablet', 'Phone')).json(), { status: 'UNKNOWN_DEVICE_ERROR' })
  t.match((await rename(alice, 'Phone', ' ')).json(), { code: 'AUTH_BODY_INVALID' })
  t.same((await rename(alice, 'Phone', 'Phone')).json(), { status: 'OK' })
  t.same((await rename(alice, 'Phone', ' Old phone ')).json(), { status: 'OK' })
  t.same((await list(alice)).devices.map(({ name }: { name: string }) => name).toSorted(), ['Laptop', 'Old phone'])
  t.same((await passByApp(next, phone)).json(), { status: 'OK' }, 'a sign-in that was under way goes on')
  t.equal((await setUp(alice, 'Phone')).status, 'OK', 'the old name is free')
  t.match(await setUp(alice, 'Old phone'), { status: 'DEVICE_ALREADY_EXISTS_ERROR' })
  t.same((await post(alice, '/totp/device/remove', { deviceName: 'Phone' })).json(), { status: 'OK', didDeviceExist: true }, 'the setup')
  t.same((await post(alice, '/totp/device/remove', { deviceName: 'Old phone' })).json(), { status: 'OK', didDeviceExist: true })
  t.notOk(Object.keys(await metadataOf(alice)).some((key) => key.startsWith('fastify-2fa:totp-name')), 'its name goes with it')
})

t.test('of two apps that get the same name at the same moment, one does', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  for (const name of ['Phone', 'Laptop']) await enrolApp(alice, name)
  const answers = await Promise.all(['Phone', 'Laptop'].map(async (existingDeviceName) => (await post(alice, '/totp/device/rename', { existingDeviceName, newDeviceName: 'Mine' })).json()))
  t.ok(answers.filter(({ status }) => status === 'OK').length <= 1)
  t.equal(new Set((await list(alice)).devices.map(({ name }: { name: string }) => name)).size, 2)
})

t.test('a setup that is left is forgotten, as stock pages ask', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const { deviceName, secret } = await setUp(alice)
  t.same((await post(alice, '/totp/device/remove', { deviceName: 'another' })).json(), { status: 'OK', didDeviceExist: false })
  t.same((await post(alice, '/totp/device/remove', { deviceName })).json(), { status: 'OK', didDeviceExist: true })
  t.same((await post(alice, '/totp/device/remove', { deviceName })).json(), { status: 'OK', didDeviceExist: false })
  t.same((await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json(), { status: 'UNKNOWN_DEVICE_ERROR' })
  t.notOk(await isIn(alice))
  t.equal((await setUp(alice)).deviceName, deviceName, 'its name is free')
})

t.test('a secret can be confirmed for ten minutes, in the session that it was shown to, and only the newest one', async (t) => {
  const app = await build(t)
  const alice = await signUp(app)
  const older = await setUp(alice, 'Phone')
  const newer = await setUp(alice, 'Phone')
  t.match((await post(alice, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(older.secret) })).json(), INVALID)
  advance(601)
  t.same((await post(alice, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(newer.secret) })).json(), { status: 'UNKNOWN_DEVICE_ERROR' })
  const last = await setUp(alice, 'Phone')
  advance(590)
  t.match((await post(alice, '/totp/device/verify', { deviceName: 'Phone', totp: codeOf(last.secret) })).json(), { status: 'OK' })
})

t.test('the secret is shown once, and kept nowhere in plain', async (t) => {
  const lines: string[] = []
  const app = await buildApp(t, { secondFactors: ['totp'], recoveryCodes: false }, { logger: { level: 'trace', stream: { write: (line: string) => { lines.push(line) } } } })
  const alice = await signUp(app)
  const { secret, deviceName } = await setUp(alice, 'Phone')
  const { getAllSessionHandlesForUser, getSessionInformation } = await import('supertokens-node/recipe/session')
  const [handle] = await getAllSessionHandlesForUser(alice.userId)
  t.same((await getSessionInformation(handle!))?.sessionDataInDatabase, {}, 'an app does not see it either')
  await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })
  const bytes = Buffer.from(Secret.fromBase32(secret).buffer)
  const kept = JSON.stringify(await metadataOf(alice)) + JSON.stringify(await list(alice)) + lines.join('')
  for (const text of [secret, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url'), codeOf(secret)]) t.notMatch(kept, text)
  t.match(lines.join(''), 'a key that everybody knows', 'development warns of its key')
})

t.test('an account whose app cannot be read is kept closed', async (t) => {
  const app = await build(t)
  for (const spoil of ['x', {}, { name: 'Phone', secret: 'x' }, 'of another']) {
    const [alice, mallory] = [await signUp(app), await signUp(app)]
    const secret = await enrolApp(alice)
    const own = await enrolApp(mallory)
    const [key] = Object.keys(await metadataOf(alice)).filter((one) => one.startsWith('fastify-2fa:totp:'))
    const record = (await metadataOf(mallory))[Object.keys(await metadataOf(mallory)).find((one) => one.startsWith('fastify-2fa:totp:'))!]
    await UserMetadata.updateUserMetadata(alice.userId, { [key!]: spoil === 'of another' ? record : spoil } as never)
    const thief = await signIn(app, alice)
    for (const code of [secret, own]) t.match((await passByApp(thief, code)).json(), { status: 'GENERAL_ERROR', code: 'AUTH_FACTOR_BROKEN' })
    t.match((await post(thief, '/totp/device')).json(), { code: 'AUTH_FACTOR_BROKEN' }, 'no device of the thief\'s takes its place')
    t.notOk(await isIn(thief))
  }
})

t.test('who has no app is told so', async (t) => {
  const app = await build(t)
  t.same((await post(await signUp(app), '/totp/verify', { totp: '123456' })).json(), { status: 'UNKNOWN_USER_ID_ERROR' })
})
