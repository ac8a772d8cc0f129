import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { createFactorKeys } from '../../src/second-factor/factor-keys.js'
import type { DeviceRecord } from '../../src/second-factor/factors/totp/devices.js'
import { enrolTotp, resetClock, signIn, signUp, type SignedInUser } from '../../src/testing/index.js'
import { freePort } from '../free-port.js'
import { codeOf, isIn, passByApp, post, setUp } from '../second-factor/totp.js'
import { command, KEY, newFolder, openCore, readExport } from './helper.js'

// codeOf lets time pass.
t.teardown(resetClock)

const FACTOR_KEY = 'the key of the service that is moved'

async function startApp (t: Test, port: number): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(service, {
    core: { connectionURI: `http://127.0.0.1:${port}`, apiKey: KEY },
    secondFactors: ['totp'],
    factorKeys: [FACTOR_KEY],
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    limits: { sends: false, signIn: false, signUps: false },
    maxEventLoopDelay: 0
  })
  t.teardown(() => app.close())
  await app.ready()
  return app
}

t.test('authenticator apps and recovery codes move to another Core, encrypted and hashed, with what is used of them', async (t) => {
  // One address: a process has one supertokens-node, which keeps to its Core.
  const port = await freePort()
  const open = async (file: string) => await createEmbeddedCore({ file, port, apiKey: KEY, config: { bcrypt_log_rounds: 4 } })
  const folder = newFolder(t)
  const [file, out] = [join(folder, 'core.sqlite'), join(folder, 'users.ndjson')]

  const before = await open(file)
  const oldApp = await startApp(t, port)
  const alice = await signUp(oldApp)
  const { secret, deviceName } = await setUp(alice)
  const { recoveryCodes: codes } = (await post(alice, '/totp/device/verify', { deviceName, totp: codeOf(secret) })).json<{ recoveryCodes: string[] }>()
  await post(alice, '/recovery-codes/verify', { code: codes[0]! })
  const second = await enrolTotp(oldApp, alice)
  await oldApp.close()
  await before.close()

  t.equal((await command(['export', '--file', file, '--out', out])).code, 0)
  const exported = readFileSync(out, 'utf8')
  for (const text of [secret, second, ...codes, ...codes.map((code) => code.replaceAll('-', ''))]) t.notMatch(exported, text, 'the file holds none in plain')
  const [user] = readExport(out).users
  const devices = Object.entries(user?.userMetadata ?? {}).filter(([key]) => key.startsWith('fastify-2fa:totp:'))
  t.equal(devices.length, 2)
  for (const [enrolment, device] of devices) {
    const sealed = (device as unknown as DeviceRecord).secret
    const owner = { userId: alice.userId, enrolment }
    t.ok(createFactorKeys(['a key of the new service, and others', FACTOR_KEY]).open(sealed, owner), 'the key has to come along')
    t.equal(createFactorKeys(['a key of the new service, and others']).open(sealed, owner), undefined)
  }

  const target = await openCore(t)
  t.match(await command(['import', '--in', out, '--to', target.connectionURI, '--api-key', KEY]), { code: 0, out: '1 users: 1 imported, 0 already there, 0 failed\n' })
  await target.close()

  const after = await open(target.file)
  t.teardown(() => after.close())
  const app = await startApp(t, port)
  const enter = (): Promise<SignedInUser> => signIn(app, alice)
  for (const one of [secret, second]) {
    const next = await enter()
    t.match((await passByApp(next, one)).json(), { status: 'OK' })
    t.ok(await isIn(next))
  }
  t.same((await post(await enter(), '/recovery-codes/verify', { code: codes[0]! })).json(), { status: 'INVALID_RECOVERY_CODE_ERROR' }, 'a code that was used stays used')
  t.match((await post(await enter(), '/recovery-codes/verify', { code: codes[1]! })).json(), { status: 'OK', left: 8 })
})
