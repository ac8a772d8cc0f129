/**
 * Guards in a host in TypeScript. What must be refused is marked, and is an error if it compiles. Nothing is registered
 * here, since Fastify's type of `register` takes most of a compiler's time.
 */
export const GUARDS = `
import Fastify, { type FastifyRequest, type RawServerBase, type RequestGenericInterface } from 'fastify'
import { require2FA, sessionOf, verifySession, type SessionGuard, errors, toE164 } from 'fastify-2fa'

const app = Fastify()
app.get('/', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, async ({ session }) => ({ id: session.getUserId() }))
app.get('/several', { preHandler: [require2FA, async (request) => { await request.session?.revokeSession() }] }, async ({ session }) => session.getUserId())
app.post<{ Body: { a: string } }>('/typed', { onRequest: verifySession({ checkDatabase: true }) }, async ({ session, body }) => session.getUserId() + body.a)
app.get('/schema', { preValidation: require2FA, schema: { querystring: { type: 'object' } } }, async ({ session }, reply) => await reply.send(session.getUserId()))
// @ts-expect-error without a guard there may be no session
app.get('/forgotten', async ({ session }) => session.getUserId())
// @ts-expect-error nor where it is optional
app.get('/optional', { preHandler: verifySession({ sessionRequired: false }) }, async ({ session }) => session.getUserId())
// @ts-expect-error the type of the answer still counts
app.get<{ Reply: { a: number } }>('/reply', { preHandler: require2FA }, async () => ({ a: 'x' }))
app.get('/optional', { preHandler: verifySession({ sessionRequired: false }) }, async ({ session }) => session?.getHandle() ?? null)
app.get('/early', { onRequest: require2FA, preValidation: [require2FA, verifySession()] }, async (request, reply) => await require2FA(request, reply))
app.get('/open', { config: { secondFactor: false } }, async () => 'open')
app.get('/named', { preHandler: require2FA }, async (request) => sessionOf(request).getUserId())
// @ts-expect-error without a guard there may be no session
app.get('/named-forgotten', async (request) => sessionOf(request).getUserId())
app.addHook('preHandler', require2FA)
app.addHook('preHandler', app.require2FA!)
app.addHook('onRequest', app.getDecorator<SessionGuard>('require2FA'))
app.get('/decorated', { preHandler: [app.require2FA!, app.verifySession!()] }, async () => 'in')
// @ts-expect-error the decorator is missing until the plugin has loaded
app.get('/missing', { preHandler: app.require2FA }, async () => 'open')
// @ts-expect-error the same in a list
app.get('/missing', { preHandler: [app.require2FA] }, async () => 'open')
// @ts-expect-error the same in a hook
app.addHook('preHandler', app.require2FA)
// @ts-expect-error the same of the other decorator
app.get('/missing', { preHandler: app.verifySession() }, async () => 'open')
// @ts-expect-error a wrong route option is refused
app.get('/x', { config: { secondFactor: { maxAge: true } } }, async () => 'x')
// As of the hooks of @fastify/http-proxy.
export const asker = (request: FastifyRequest<RequestGenericInterface, RawServerBase>): string | undefined => sessionOf(request)?.getUserId()
export const number: string | undefined = toE164('+12125550123')
export const code: 'AUTH_OPTIONS_INVALID' = new errors.OptionsInvalid('x').code
`

/** The rest of that host. */
export const APP = `
import Fastify from 'fastify'
import { fastify2fa, require2FA, type Fastify2faOptions, type SmsSender } from 'fastify-2fa'
import { createEmbeddedCore } from 'fastify-2fa/embedded-core'
import { BooleanClaim, EmailPassword, getUser, Session, UserRoles, type ProviderInput, type RecipeUserId, type User } from 'fastify-2fa/supertokens'
import { attackSuite, signInWithSecondFactor, startTestCore, type AttackReport, type AttackSuiteOptions } from 'fastify-2fa/testing'
import { test } from 'node:test'

const app = Fastify()
const sms: SmsSender = { name: 'mine', async send ({ to, body }) { console.log(to, body) } }
const options: Fastify2faOptions = { firstFactor: 'phone-password', sms, core: { embedded: { file: ':memory:' } } }
await app.register(fastify2fa, options)
app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original, createNewSession: (input) => original.createNewSession(input) }) })
// @ts-expect-error a wrong option is refused
await app.register(fastify2fa, { firstFactor: 'password' })
const core = await createEmbeddedCore({ file: ':memory:' })
export const uri: string = core.connectionURI
export const user: User | undefined = await getUser('1')
export const id: RecipeUserId | undefined = user?.loginMethods[0]?.recipeUserId
export const google: ProviderInput = { config: { thirdPartyId: 'google' } }
export const password: EmailPassword.RecipeInterface['signUp'] | undefined = undefined
app.get('/user', { preHandler: require2FA }, async (request) => {
  const session: Session.SessionContainer = request.session
  await UserRoles.addRoleToUser('public', session.getUserId(), 'admin')
  return await Session.getAllSessionHandlesForUser(session.getUserId())
})
const suite: AttackSuiteOptions = { routes: { 'POST /payout': { maxAge: '5m', sample: ({ userId }) => ({ params: { userId }, payload: { amount: 1 } }) } }, sessions: ['cookie'] }
const report: AttackReport = await attackSuite(app, { routes: suite.routes ?? {} })
export const passed: boolean = report.passed
const registered: void = await attackSuite(app, { test })
await test('attacks', async (t) => { await attackSuite(app, { test: t }) })
// @ts-expect-error what is misspelt is refused
await attackSuite(app, { routes: { 'POST /payout': { max: '5m' } } })
export { BooleanClaim, registered, signInWithSecondFactor, startTestCore }
`

/** A page, which has the types of browsers and not those of Node. */
export const STEP_UP = `
import { challengeIn, stepUp, type Challenge } from 'fastify-2fa/step-up'

const api = stepUp(window.fetch, {
  ask: ({ reason, claim, maxAge = 0, factors = [], signal }, plain) => !signal.aborted && confirm([reason, claim, maxAge.toFixed(), ...factors, plain.name].join()),
  origins: [location.origin]
})
export const response: Promise<Response> = api(new Request('/payout', { method: 'POST' }))
export const challenge: Challenge | undefined = challengeIn(403, {}, 'Bearer')
// @ts-expect-error somebody has to ask
stepUp(window.fetch, {})
`

/** The same beside a plugin that declares some of Fastify's types itself. */
export const GUARDS_BESIDE_SWAGGER = `import '@fastify/swagger'\n${GUARDS}`

/** A page. What it does not look at, or looks at in the wrong answer, does not compile. */
export const PAGE = `
import { createClient, type ClientError } from 'fastify-2fa/client'

const client = createClient({ url: 'https://auth.example.com/auth' })
const answer = await client.post('/account/password', { oldPassword: 'a', newPassword: 'b' })
if (answer.status === 'FIELD_ERROR') console.log(answer.formFields[0]?.error)
// @ts-expect-error only where a field is wrong
console.log(answer.formFields)
const listed = await client.get('/account/sessions')
// @ts-expect-error it may be refused
console.log(listed.sessions)
console.log(listed.status === 'OK' ? listed.sessions.map(({ startedAt }) => new Date(startedAt)) : listed.message)
await client.post('/recovery-codes')
// @ts-expect-error a body is missing
await client.post('/account/password')
// @ts-expect-error a field is missing
await client.post('/account/password', { oldPassword: 'a' })
// @ts-expect-error there is no such endpoint
await client.get('/account/password')
export const statusOf = (err: ClientError): number => err.statusCode
`

/** A host in TypeScript that is a CommonJS module. */
export const COMMON_JS_APP = `
import Fastify = require('fastify')
import library = require('fastify-2fa')

const app = Fastify()
app.get('/', { preHandler: library.require2FA }, async ({ session }) => ({ id: session?.getUserId() }))
`

/** A host in JavaScript that is a CommonJS module: it gets the same module by both ways. */
export const REQUIRE = `
const entries = ['fastify-2fa', 'fastify-2fa/supertokens', 'fastify-2fa/embedded-core', 'fastify-2fa/testing', 'fastify-2fa/client', 'fastify-2fa/openapi', 'fastify-2fa/step-up', 'fastify-2fa/revocation-feed']
const required = entries.map((entry) => require(entry))
const sdk = require('supertokens-node/recipe/session')
Promise.all(entries.map((entry) => import(entry))).then((imported) => {
  const same = imported.every((entry, index) => Object.keys(entry).every((name) => required[index][name] === entry[name]))
  console.log(JSON.stringify({ type: typeof required[0].fastify2fa, same, oneSdk: required[1].Session.getSession === sdk.getSession }))
})
`

/** Hosts that lack something, or have it twice. None of them may start. */
export const INCOMPLETE = `
import Fastify from 'fastify'
import nodeModule from 'node:module'
import { fastify2fa } from 'fastify-2fa'

async function boot (options) {
  const app = Fastify()
  const problem = await Promise.resolve(app.register(fastify2fa, options)).then(() => app.ready()).then(() => {}, ({ code, message }) => ({ code, message }))
  await app.close()
  return problem
}

const smtp = await boot({ mail: { provider: 'smtp', host: '127.0.0.1', port: 1, from: 'a@example.com' } })
const redis = await boot({ limits: { redisUrl: 'redis://127.0.0.1:1' } })
const postgres = await boot({ audit: { webhook: { url: 'https://siem.example.com/', secrets: ['whsec_' + 'A'.repeat(32)], outbox: { postgresUrl: 'postgres://audit@127.0.0.1:1/audit' } } } })
const passkey = await boot({ secondFactors: ['passkey'] })
const totp = await boot({ secondFactors: ['totp'] })
nodeModule.createRequire(import.meta.url)('./elsewhere/node_modules/supertokens-node/lib/build/supertokens.js')
const twice = await boot({})
console.log(JSON.stringify({ smtp, redis, postgres, passkey, totp, twice }))
`

/** Another service in TypeScript, which has installed no framework: the adapters need no types of theirs. */
export const VERIFIER = `
import { createServer } from 'node:http'
import { createVerifier, sessionOf, toResponse, type Decision, type Verifier } from 'fastify-2fa/verifier'
import * as ofExpress from 'fastify-2fa/verifier/express'
import * as ofFastify from 'fastify-2fa/verifier/fastify'
import * as ofHapi from 'fastify-2fa/verifier/hapi'
import * as ofKoa from 'fastify-2fa/verifier/koa'
import * as ofLambda from 'fastify-2fa/verifier/lambda'
import * as ofNest from 'fastify-2fa/verifier/nest'
import * as ofNext from 'fastify-2fa/verifier/next'
import * as ofWs from 'fastify-2fa/verifier/ws'

const verifier: Verifier = createVerifier({ serviceUrl: 'https://auth.example.com', antiCsrf: 'VIA_TOKEN', maxAge: '12h' })
// @ts-expect-error a wrong option is refused
createVerifier({ serviceUrl: 'https://auth.example.com', antiCsrf: 'VIA_TOKENS' })
const guard = ofExpress.require2FA(verifier, { factors: ['passkey'] })
createServer((request, response) => { guard(request, response, () => { response.end(sessionOf(request)?.userId) }) })
  .on('upgrade', ofWs.require2FA(verifier))
const decision: Decision = await verifier.verifyRequest(new Request('https://api.example.com'))
export const answer: Response | string = decision.admitted ? decision.session.userId : toResponse(decision)
export const policy: string = (await ofLambda.restAuthorizer(verifier)({ type: 'TOKEN', authorizationToken: '', methodArn: '' })).principalId
export const others = [ofFastify.require2FA(verifier), ofHapi.secondFactorScheme(verifier), ofKoa.require2FA(verifier), ofNest.require2FA(verifier, class extends Error { constructor (_body: object, _status: number) { super() } }), ofNext.require2FA(verifier)]
`

/** The same in JavaScript: what each entry exports, and what a stranger gets. */
export const STRANGER = `
import { createVerifier } from 'fastify-2fa/verifier'

const verifier = createVerifier({ serviceUrl: 'https://auth.example.com', antiCsrf: 'NONE' })
const entries = {}
for (const name of ['express', 'fastify', 'hapi', 'koa', 'lambda', 'nest', 'next', 'ws']) entries[name] = Object.keys(await import('fastify-2fa/verifier/' + name))
const { status } = await verifier.verifyRequest({ method: 'GET', headers: {} })
console.log(JSON.stringify({ status, entries }))
`
