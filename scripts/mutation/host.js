// A small host app for the mutations: one route for each kind of guard. `node host.js BUILD` runs the attack suite on it with
// the build in that folder, and prints what is open as JSON.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const build = process.argv[2]
const load = async (path) => await import(pathToFileURL(join(build, 'dist/src', path)))
const require = createRequire(join(build, 'package.json'))

const { fastify2fa, require2FA, verifySession, SecondFactorClaim } = await load('index.js')
const { attackSuite, startTestCore } = await load('testing/index.js')
const Fastify = require('fastify')

const core = await startTestCore()
const app = Fastify()
await app.register(require('@fastify/websocket'))
await app.register(fastify2fa, { ...core.options, secondFactors: ['sms', 'totp'], recoveryCodes: false, antiCsrf: 'VIA_CUSTOM_HEADER' })

const ok = async () => ({ ok: true })
app.get('/orders', { preHandler: require2FA }, ok)
app.post('/payout', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } } }, ok)
app.get('/admin', { preHandler: require2FA, config: { secondFactor: { roles: ['admin'] } } }, ok)
app.get('/live', { preHandler: require2FA, websocket: true }, (socket) => { socket.close() })
app.post('/onboarding', {
  preHandler: verifySession({ overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== SecondFactorClaim.key) }),
  config: { secondFactor: false }
}, ok)

const { open, unproven, text } = await attackSuite(app)
await app.close()
await core.close()
console.log(JSON.stringify({ open, unproven, text, cpu: process.cpuUsage() }))
