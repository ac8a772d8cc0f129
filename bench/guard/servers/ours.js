import Fastify from 'fastify'
import { UserRoleClaim } from 'supertokens-node/recipe/userroles'

export async function start ({ connectionURI, library, options = {} }) {
  const { fastify2fa } = await import(library)
  const app = Fastify({ keepAliveTimeout: 600_000 })
  await app.register(fastify2fa, { production: false, core: { connectionURI }, antiCsrf: 'NONE', sms: { provider: 'log' }, mail: { provider: 'log' }, ...options })
  const answer = async () => ({ userId: '11111111-1111-4111-8111-000000000000' })

  app.get('/open', answer)
  app.get('/guarded', { preHandler: app.require2FA }, answer)
  app.get('/session', { preHandler: app.require2FA }, async ({ session }) => ({ userId: session.getUserId() }))
  app.get('/listed', { preHandler: app.require2FA, config: { secondFactor: { roles: ['user'] } } }, answer)
  app.get('/role', {
    preHandler: app.verifySession({ overrideGlobalClaimValidators: (validators) => [...validators, UserRoleClaim.validators.includes('user')] })
  }, answer)
  app.get('/new', {
    onRequest (_request, _reply, done) {
      app.twoFactor.sessionCache.clear()
      done()
    },
    preHandler: app.require2FA
  }, answer)

  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: app.server.address().port }
}
