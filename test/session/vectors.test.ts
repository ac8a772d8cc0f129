import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import Fastify, { type FastifyInstance, type FastifyRequest, type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { resetSdk } from '../reset-sdk.js'
import { pathTo } from '../root.js'
import { startScriptedCore, type SigningKey } from './scripted-core.js'

interface Vector {
  name: string
  clock: number
  service: { claim: '2fa-completed' | 'phone-verified', transferMethod: 'any' | 'cookie' | 'header', antiCsrf: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN' }
  request: { method: string, headers: Record<string, string> }
  requirement: { maxAge?: number, factors?: string[], roles?: string[], permissions?: string[] }
  core?: 'confirms' | 'refuses'
  expected: { decision: 'admit' | '401' | '403', user?: string, message?: string, code?: string, claim?: { id: string, reason: object }, reason?: string }
}

const FOLDER = pathTo('examples/vectors')
const FILES = readdirSync(FOLDER).filter((name) => name !== 'jwks.json')
const read = (file: string) => readFileSync(file, 'utf8')
const vectors = FILES.flatMap((name) => (JSON.parse(read(join(FOLDER, name))) as { cases: Vector[] }).cases)

const [sessions, next, others] = (JSON.parse(read(pathTo('scripts/vectors/test-keys.json'))) as { keys: Array<JsonWebKey & { kid: string }> }).keys.map(({ kid, ...jwk }): SigningKey => {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  return { kid, privateKey, publicKey: createPublicKey(privateKey) }
}) as [SigningKey, SigningKey, SigningKey]

/** What the service is like. There is one configuration per process. */
const services = [...new Set(vectors.map(({ service }) => JSON.stringify(service)))]

/** A route for each requirement, all in one app. */
async function build (t: Test, { service: { claim, transferMethod, antiCsrf } }: Vector, requirements: string[]) {
  const core = await startScriptedCore(t, sessions)
  core.published.push(next, others)
  core.revoked.add('session-of-gone')
  // A claim that is missing is written into the session as false.
  const user = 'alice'
  core.issue({ sub: user, rsub: user, tId: 'public', sessionHandle: `session-of-${user}`, exp: vectors[0]!.clock / 1000 + 3000 })
  const app = Fastify({ logger: false })
  await app.register(fastify2fa, {
    appInfo: { apiDomain: 'https://api.shop.example', websiteDomains: ['https://shop.example'] },
    core: { connectionURI: core.connectionURI },
    firstFactor: claim === 'phone-verified' ? 'phone-password' : 'email-password',
    secondFactors: claim === 'phone-verified' ? ['sms'] : ['sms', 'totp'],
    tokenTransferMethod: transferMethod,
    antiCsrf,
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    production: false
  })
  for (const [index, requirement] of requirements.entries()) {
    app.all(`/${index}`, { preHandler: require2FA, config: { secondFactor: JSON.parse(requirement) } }, async ({ session }: FastifyRequest) => ({ user: session!.getUserId() }))
  }
  await app.ready()
  return { app, core }
}

async function ask (app: FastifyInstance, url: string, { request: { method, headers } }: Vector) {
  const { statusCode, body } = await app.inject({ method, url, headers } as InjectOptions)
  return { decision: statusCode === 200 ? 'admit' : String(statusCode), ...JSON.parse(body || '{}') as { claimValidationErrors?: object[] } }
}

t.test('the guard decides about every vector as the file says, whether the token is new to it or not', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: vectors[0]!.clock })
  t.teardown(() => { mock.timers.reset() })
  for (const service of services) {
    const cases = vectors.filter((vector) => JSON.stringify(vector.service) === service)
    await t.test(service, async (t) => {
      const requirements = [...new Set(cases.map(({ requirement }) => JSON.stringify(requirement)))]
      const { app, core } = await build(t, cases[0]!, requirements)
      for (const vector of cases) {
        const { name, expected, clock } = vector
        mock.timers.setTime(clock)
        app.twoFactor.sessionCache.clear()
        const url = `/${requirements.indexOf(JSON.stringify(vector.requirement))}`
        const asked = core.calls.length
        for (const time of ['at first', 'again']) {
          const answer = await ask(app, url, vector)
          const { reason, claim, message, ...rest } = expected
          t.has(answer, { ...rest, ...(vector.request.method !== 'HEAD' && message && { message }) }, `${name}, ${time}${reason === undefined ? '' : `: ${reason}`}`)
          if (claim !== undefined) t.hasStrict(answer.claimValidationErrors?.[0], claim)
        }
        if (vector.core !== undefined) t.ok(core.calls.slice(asked).includes('/recipe/session/verify'), `${name}: only the Core can confirm it`)
      }
      await app.close()
    })
    resetSdk()
  }
})

t.test('the files are what the script writes', async (t) => {
  const directory = t.testdir()
  t.equal(spawnSync(process.execPath, [pathTo('scripts/make-vectors.js'), directory]).status, 0)
  t.same(readdirSync(directory), readdirSync(FOLDER))
  for (const name of readdirSync(directory)) t.equal(read(join(directory, name)), read(join(FOLDER, name)), name)
  t.equal(new Set(vectors.map(({ name }) => name)).size, vectors.length, 'every case has a name of its own')
})
