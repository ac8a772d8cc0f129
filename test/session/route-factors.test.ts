import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { passSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { stopClock } from '../limits/clock.js'
import { createWordFactor, WORD } from '../second-factor/word-factor.js'

const clock = stopClock()
// One object: all apps of a process have the same options.
const strong = createWordFactor({ id: 'strong', strength: 99 })

async function build (t: Test, routes: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, secondFactors: ['sms', strong] })
  routes(app)
  await app.ready()
  return app
}

function protectedRoutes (app: FastifyInstance): void {
  app.get('/any', { preHandler: require2FA }, async () => 'in')
  app.get('/strong', { config: { secondFactor: { factors: ['strong'] } } }, async () => 'in')
  app.get('/strong-now', { config: { secondFactor: { factors: ['strong'], maxAge: '5m' } } }, async () => 'in')
  app.get('/either-now', { config: { secondFactor: { factors: ['sms', 'strong'], maxAge: '5m' } } }, async () => 'in')
  app.get('/now', { config: { secondFactor: { maxAge: '5m' } } }, async () => 'in')
}

async function passStrong ({ session }: SignedInUser): Promise<void> {
  const { challengeId } = (await session.inject({ method: 'POST', url: '/auth/strong/ask', payload: {} })).json<{ challengeId: string }>()
  await session.inject({ method: 'POST', url: '/auth/strong/answer', payload: { challengeId, word: WORD } })
}

/** The status, asked twice: the guard decides by itself what the SDK has verified before. */
async function statusOf ({ session }: SignedInUser, url: string): Promise<number> {
  const [cold, warm] = [await session.inject(url), await session.inject(url)]
  if (cold.statusCode !== warm.statusCode) throw new Error(`${url}: ${cold.statusCode}, then ${warm.statusCode}`)
  return cold.statusCode
}

const STEP_UP = 'Bearer error="insufficient_user_authentication", error_description="A second factor is needed"'

t.test('a weaker factor does not open a route that asks for a stronger one', async (t) => {
  const app = await build(t, protectedRoutes)
  const alice = await signUp(app)
  for (const url of ['/any', '/strong', '/strong-now', '/either-now', '/now']) t.equal(await statusOf(alice, url), 403, `${url} after the password`)
  await passSecondFactor(app, alice)
  for (const url of ['/any', '/either-now', '/now']) t.equal(await statusOf(alice, url), 200, `${url} after the code`)
  for (const url of ['/strong', '/strong-now']) t.equal(await statusOf(alice, url), 403, `${url} after the code`)
  await passStrong(alice)
  for (const url of ['/any', '/strong', '/strong-now', '/either-now', '/now']) t.equal(await statusOf(alice, url), 200, `${url} after the stronger factor`)
})

t.test('the age is that of the factor that counts, not of another one', async (t) => {
  const app = await build(t, protectedRoutes)
  const alice = await signUp(app)
  await passSecondFactor(app, alice)
  await passStrong(alice)
  clock.pass(301)
  for (const url of ['/strong-now', '/either-now', '/now']) t.equal(await statusOf(alice, url), 403, url)
  t.equal(await statusOf(alice, '/strong'), 200)
  await passSecondFactor(app, alice)
  t.equal(await statusOf(alice, '/strong-now'), 403, 'a fresh code does not refresh the stronger factor')
  for (const url of ['/either-now', '/now']) t.equal(await statusOf(alice, url), 200, url)
})

t.test('a refusal says what would do: to SuperTokens\' frontends in the body, to other programs as in RFC 9470', async (t) => {
  const app = await build(t, protectedRoutes)
  const alice = await signUp(app)
  const refusal = async (url: string) => {
    const { headers, body } = await alice.session.inject(url)
    const { claimValidationErrors: [error] } = JSON.parse(body) as { claimValidationErrors: Array<{ id: string, reason: object }> }
    return { header: headers['www-authenticate'], ...error! }
  }
  t.match(await refusal('/any'), { header: STEP_UP, id: '2fa-completed', reason: { message: 'wrong value' } })
  await passSecondFactor(app, alice)
  t.match(await refusal('/strong'), {
    header: `${STEP_UP}, acr_values="urn:fastify-2fa:strong"`,
    id: '2fa-completed',
    reason: { message: 'wrong factor', expectedFactors: ['strong'], acrValues: ['urn:fastify-2fa:strong'] }
  })
  clock.pass(400)
  t.match(await refusal('/now'), { header: `${STEP_UP}, max_age="300"`, reason: { message: 'expired', maxAgeInSeconds: 300 } })
  t.match(await refusal('/either-now'), { header: `${STEP_UP}, acr_values="urn:fastify-2fa:sms urn:fastify-2fa:strong", max_age="300"` })
  t.equal((await app.inject('/any')).headers['www-authenticate'], undefined, 'who is not signed in needs more than a step up')
})

t.test('a misspelt factor stops the boot, wherever its route is declared', async (t) => {
  for (const factors of [['paskey'], [], 'strong', [1]]) {
    await t.rejects(build(t, (app) => { app.get('/typo', { config: { secondFactor: { factors } as never } }, async () => 'in') }), { code: 'AUTH_OPTIONS_INVALID' }, JSON.stringify(factors))
  }
  const early = Fastify({ logger: false })
  t.teardown(() => early.close())
  early.get('/typo', { config: { secondFactor: { factors: ['paskey'] } } }, async () => 'in')
  await early.register(fastify2fa, { ...(await testCore()).options, secondFactors: ['sms', strong] })
  await t.rejects(async () => { await early.ready() }, { code: 'AUTH_OPTIONS_INVALID', message: /no factor "paskey" in secondFactors, only sms, strong/ })
})
