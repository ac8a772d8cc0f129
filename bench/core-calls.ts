import Fastify from 'fastify'
import { coresInProcess } from '../src/embedded-core/in-process.js'
import { fastify2fa } from '../src/index.js'
import { createTestSession, newPhoneNumber, startTestCore } from '../src/testing/index.js'

/**
 * Counts the calls that supertokens-node makes to the Core, for each step of the flow: by SMS, or with `email` by mail. The
 * number before a call is its depth: it is one deeper than the calls that had finished before it started.
 */
const byMail = process.argv[2] === 'email'
const core = await startTestCore()
const calls: string[] = []
let depth = 0
coresInProcess.set(core.connectionURI, async (url, init) => {
  const own = depth + 1
  calls.push(`${own} ${init?.method ?? 'GET'} ${new URL(url).pathname.replace('/public', '')}`)
  try {
    return await core.fetch(url, init)
  } finally {
    depth = Math.max(depth, own)
  }
})

const app = Fastify({ logger: false })
await app.register(fastify2fa, { ...core.options, ...(byMail && { secondFactors: ['email' as const], passwordReset: false }) })
app.get('/protected', { preHandler: app.require2FA! }, async () => 'in')
await app.ready()

const email = 'alice@example.com'
const phoneNumber = newPhoneNumber()
const formFields = [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }]
let session = createTestSession(app)

/** Of the steps that a login takes: calls, and how many of them one after another. */
const LOGIN = ['sign-in', 'ask for a code', 'spend it']
const login = { calls: 0, depth: 0 }

async function step (name: string, url: string, payload?: object): Promise<Record<string, unknown>> {
  calls.length = 0
  depth = 0
  const response = await session.inject({ method: payload === undefined ? 'GET' : 'POST', url, ...(payload && { payload }) })
  console.log(`${name}: ${calls.length}, depth ${depth}${calls.length > 0 ? `\n    ${calls.join('\n    ')}` : ''}`)
  if (LOGIN.includes(name)) {
    login.calls += calls.length
    login.depth += depth
  }
  return response.headers['content-type']?.includes('json') === true ? response.json() : {}
}

async function flow (first: string): Promise<void> {
  await step(first, first === 'sign-up' ? '/auth/signup' : '/auth/signin', { formFields })
  const challenge = await step('ask for a code', '/auth/signinup/code', byMail ? { email } : { phoneNumber })
  await step('ask again', '/auth/signinup/code/resend', challenge)
  const userInputCode = app.twoFactor.outbox.last(byMail ? email : phoneNumber)?.code
  await step('spend it', '/auth/signinup/code/consume', { deviceId: challenge.deviceId, preAuthSessionId: challenge.preAuthSessionId, userInputCode })
  await step('protected route', '/protected')
  await step('refresh', '/auth/session/refresh', {})
  await step('protected route after a refresh', '/protected')
  await step('protected route again', '/protected')
}

// The first calls of a process also load the API version and the signing keys.
await step('first call of the process', '/auth/signin', { formFields })
console.log('\n# enrolling')
await flow('sign-up')
session = createTestSession(app)
console.log('\n# returning')
Object.assign(login, { calls: 0, depth: 0 })
await flow('sign-in')
console.log(`\n# a returning user's login: ${login.calls} calls, ${login.depth} of them one after another`)
await app.close()
await core.close()
