import Fastify from 'fastify'
import t from 'tap'
import { coreConnection } from '../../src/index.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { serverlessPlatform } from '../../src/options/node-env.js'
import { PRODUCTION_PARTS, reasonForProduction, servesDevRoutes } from '../../src/options/production.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { startTestCore } from '../../src/testing/index.js'
import { setNodeEnv } from '../node-env.js'

const SAFE: Fastify2faOptions = {
  production: true,
  appInfo: { apiDomain: 'https://auth.example.com' },
  core: { connectionURI: 'https://core.internal:3567' },
  sms: { provider: 'webhook', url: 'https://sms.example.com', secret: 'x' },
  mail: { name: 'own', async send () {} }
}

function problem (options: Fastify2faOptions): string {
  try {
    resolveOptions(options, PRODUCTION_PARTS)
    return ''
  } catch (err) {
    t.equal((err as { code: string }).code, 'AUTH_OPTIONS_INVALID')
    return (err as Error).message
  }
}

t.test('NODE_ENV decides unless the options say otherwise, and what is not known counts as production', async (t) => {
  for (const env of ['production', 'prod', 'Production', 'PRODUCTION', ' production ', 'prodution', 'live', 'staging', 'preview']) {
    t.match(reasonForProduction({}, env), `NODE_ENV is "${env.trim()}"`)
    t.equal(reasonForProduction({ production: false }, env), undefined)
  }
  for (const env of [undefined, '', ' ', 'development', 'Development', 'dev', 'local', 'test', 'testing', 'ci']) {
    t.equal(reasonForProduction({}, env), undefined, String(env))
    t.equal(reasonForProduction({ production: true }, env), 'production is true')
  }
})

t.test('an address that others reach counts as production while NODE_ENV is not set', async (t) => {
  for (const apiDomain of ['https://auth.example.com', 'http://192.168.1.5:3000', 'http://0.0.0.0:3000', 'http://localhost.example.com']) {
    t.match(reasonForProduction({ appInfo: { apiDomain } }, ''), 'NODE_ENV is not set', apiDomain)
    t.equal(reasonForProduction({ appInfo: { apiDomain } }, 'development'), undefined)
    t.equal(servesDevRoutes({ production: false, appInfo: { apiDomain } }), false, 'no outbox there, whatever NODE_ENV says')
  }
  for (const apiDomain of [undefined, 'http://localhost:3000', 'http://LOCALHOST', 'https://auth.localhost', 'http://127.0.0.1', 'http://127.1', 'http://[::1]:3000', 'nonsense']) {
    t.equal(reasonForProduction({ appInfo: { apiDomain } }, ''), undefined, String(apiDomain))
    t.equal(servesDevRoutes({ production: false, appInfo: { apiDomain } }), true, String(apiDomain))
  }
})

t.test('the rules name every problem at once, and what to write instead', async (t) => {
  const all = problem({ production: true, existenceChecks: 'yes' as unknown as boolean })
  for (const text of ['existenceChecks must be', 'core: production needs', 'keeps accounts in memory', 'embeddedCoreInProduction: true', 'appInfo.apiDomain: production needs', 'sms: production needs', 'mail: production needs', 'production is true', 'set production: false']) t.match(all, text)
  t.equal(problem(SAFE), '')
  t.equal(problem({}), '', 'outside production nothing is asked')

  const cases: Array<[Fastify2faOptions, string | RegExp]> = [
    [{ core: { embedded: { file: 'a.sqlite' } } }, /core: .*with a single file.*embeddedCoreInProduction: true/],
    [{ core: { embedded: {} }, embeddedCoreInProduction: true }, 'core.embedded.file: without it, accounts are kept in memory'],
    [{ core: { embedded: { file: '' } }, embeddedCoreInProduction: true }, 'core.embedded.file: '],
    [{ core: { embedded: { file: 'a.sqlite' } }, embeddedCoreInProduction: true }, ''],
    [{ core: { embedded: { file: ':memory:' } }, embeddedCoreInProduction: true }, ''],
    [{ appInfo: {} }, 'appInfo.apiDomain: production needs the public origin'],
    [{ appInfo: { apiDomain: 'http://auth.example.com' } }, 'appInfo.apiDomain: production needs https://'],
    [{ appInfo: { apiDomain: 'HTTP://auth.example.com' } }, 'appInfo.apiDomain: production needs https://'],
    [{ appInfo: { apiDomain: 'http://localhost:3000' } }, ''],
    [{ sms: { provider: 'log' } }, /sms: `log` prints codes.*printCodesInProduction: true/],
    [{ sms: [{ provider: 'webhook', url: 'https://example.com', secret: 's' }, { provider: 'log' }] }, /sms: `log` prints codes/],
    [{ sms: { default: { provider: 'webhook', url: 'https://example.com', secret: 's' }, countries: { DE: [{ provider: 'log' }] } } }, /sms: `log` prints codes/],
    [{ mail: { provider: 'log' } }, /mail: `log` prints links.*printCodesInProduction: true/],
    [{ sms: { provider: 'log' }, mail: { provider: 'log' }, printCodesInProduction: true }, ''],
    [{ secondFactors: ['sms', 'totp'] }, 'factorKeys: production needs a key of its own'],
    [{ secondFactors: ['sms', 'totp'], factorKeys: ['x'.repeat(32)] }, ''],
    [{ secondFactors: ['sms', 'passkey'], passkeySignIn: true }, 'factorKeys: production needs a key of its own for passkeys'],
    [{ secondFactors: ['sms', 'passkey'], passkeySignIn: true, factorKeys: ['x'.repeat(32)] }, ''],
    [{ passkeySignIn: true }, 'passkeySignIn needs passkey among secondFactors'],
    [{ secondFactors: ['sms', 'passkey'], passkeySignIn: true, firstFactor: 'phone-password', factorKeys: ['x'.repeat(32)] }, 'passkeySignIn needs firstFactor email-password'],
    [{ factorKeys: ['x'.repeat(31)] }, 'factorKeys must be a list of keys'],
    [{ factorKeys: [] }, 'factorKeys must be a list of keys'],
    [{ secondFactors: ['sms', 'passkey'], passkeySignIn: 'yes' as unknown as boolean }, 'passkeySignIn must be true or false'],
    [{ recoveryCodes: 10 as unknown as boolean }, 'recoveryCodes must be true or false'],
    [{ embeddedCoreInProduction: 'yes' as unknown as boolean }, 'embeddedCoreInProduction must be true or false'],
    [{ eventReceiver: { url: 'http://events.example.com/caep', token: 'x' } }, 'eventReceiver.url: production needs https://'],
    [{ eventReceiver: { url: 'http://localhost:4000/caep', token: 'x' } }, ''],
    [{ eventReceiver: { url: 'https://events.example.com/caep', token: 'x' } }, ''],
    [{ production: 'true' as unknown as boolean }, 'production must be true or false']
  ]
  for (const [options, expected] of cases) {
    const found = problem({ ...SAFE, ...options })
    if (expected === '') t.equal(found, '', JSON.stringify(options))
    else t.match(found, expected)
  }
  const { mail: _mail, ...silent } = SAFE
  t.match(problem(silent), 'mail: production needs')
  t.match(problem({ ...silent, passwordReset: false }), 'mail: production needs', 'owners hear of wrong codes by mail')
  t.equal(problem({ ...silent, firstFactor: 'phone-password' }), '', 'nothing is ever mailed')
  t.match(problem({ ...silent, firstFactor: 'phone-password', secondFactors: ['sms', 'email'] }), 'mail: production needs', 'codes are')
  const { sms: _sms, ...mute } = SAFE
  t.equal(problem({ ...mute, secondFactors: ['email'] }), '', 'no text message is ever sent')
  t.match(problem(mute), 'sms: production needs')
  t.equal(problem({ ...mute, secondFactors: ['totp'], factorKeys: ['x'.repeat(32)] }), '', 'no code goes to a phone')
})

t.test('the test kit runs wherever tests run', async (t) => {
  const core = await startTestCore()
  t.teardown(() => core.close())
  setNodeEnv(t, 'production')
  t.equal(problem(core.options), '')
  t.equal(problem({ ...core.options, appInfo: { apiDomain: 'https://shop.example' } }), '')
  t.match(problem({ ...core.options, production: true }), 'sms: `log` prints codes')
})

t.test('a serverless platform takes no accounts and no counters of a single process', async (t) => {
  process.env.AWS_LAMBDA_FUNCTION_NAME = 'shop'
  t.teardown(() => { delete process.env.AWS_LAMBDA_FUNCTION_NAME })
  const shared = { ...SAFE, limits: { redisUrl: 'rediss://redis.internal' } }
  t.equal(problem(shared), '')
  t.match(problem(SAFE), 'limits.redisUrl: AWS Lambda runs several copies')
  t.match(problem({ ...SAFE, limits: {} }), 'limits.redisUrl: AWS Lambda runs several copies')
  t.equal(problem({ ...SAFE, limits: false }), '', 'someone has said so')
  t.match(problem({ ...shared, core: { embedded: { file: '/tmp/core.sqlite' } }, embeddedCoreInProduction: true }), 'core: AWS Lambda runs several copies')
  t.equal(problem({ production: false }), '', 'a trial')
})

t.test('a serverless platform is known by what it sets, and an emulator on a laptop is none', async (t) => {
  const platforms: Array<[env: NodeJS.ProcessEnv, name: string | undefined]> = [
    [{ AWS_LAMBDA_FUNCTION_NAME: 'shop' }, 'AWS Lambda'],
    [{ AWS_LAMBDA_FUNCTION_NAME: 'shop', AWS_SAM_LOCAL: 'true' }, undefined],
    [{ AWS_LAMBDA_FUNCTION_NAME: 'shop', IS_OFFLINE: 'true' }, undefined],
    [{ VERCEL: '1', VERCEL_ENV: 'preview' }, 'Vercel'],
    [{ VERCEL: '1', VERCEL_ENV: 'development' }, undefined],
    [{ FUNCTION_TARGET: 'shop', K_SERVICE: 'shop' }, 'Google Cloud Functions'],
    [{ FUNCTION_TARGET: 'shop' }, undefined],
    [{ FUNCTIONS_WORKER_RUNTIME: 'node' }, 'Azure Functions'],
    [{ FUNCTIONS_WORKER_RUNTIME: 'node', AZURE_FUNCTIONS_ENVIRONMENT: 'Development' }, undefined],
    [{ K_SERVICE: 'a container' }, undefined]
  ]
  for (const [env, name] of platforms) t.equal(serverlessPlatform(env), name, JSON.stringify(env))
})

t.test('where an embedded Core is allowed there, the log says what it means', async (t) => {
  process.env.AWS_LAMBDA_FUNCTION_NAME = 'shop'
  t.teardown(() => { delete process.env.AWS_LAMBDA_FUNCTION_NAME })
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line) => { lines.push(line) } } } })
  t.teardown(() => app.close())
  await app.register(coreConnection, { production: false })
  await app.ready()
  t.match(lines.join(''), 'AWS Lambda runs several copies')
})
