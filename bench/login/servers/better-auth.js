import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { twoFactor } from 'better-auth/plugins'
import Fastify from 'fastify'
import { createHash } from 'node:crypto'

const digest = (password) => createHash('sha256').update(password).digest('hex')

/** With its second factor by mail, on its adapter for memory. The hash is a cheap one, as it is for the others. */
export async function start (_config, tell) {
  const auth = betterAuth({
    secret: 'a secret of thirty-two characters at least',
    baseURL: 'http://localhost:3000',
    trustedOrigins: ['http://localhost:3001'],
    database: memoryAdapter({ user: [], session: [], account: [], verification: [], twoFactor: [] }),
    emailAndPassword: {
      enabled: true,
      password: { hash: async (password) => digest(password), verify: async ({ hash, password }) => digest(password) === hash }
    },
    plugins: [twoFactor({ skipVerificationOnEnable: true, otpOptions: { sendOTP: async ({ otp }) => { tell(otp) } } })],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true }
  })
  const handle = toNodeHandler(auth)
  const app = Fastify()
  // Its handler reads the body by itself.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
  app.all('/api/auth/*', async (request, reply) => {
    reply.hijack()
    await handle(request.raw, reply.raw)
  })
  return { app }
}
