import Fastify from 'fastify'

/** The service as a proxy asks it, beside a route that answers the same at once. */
process.once('message', async ({ connectionURI, secret, origin }) => {
  const { fastify2fa } = await import('../../dist/src/index.js')
  const app = Fastify({ keepAliveTimeout: 600_000 })
  await app.register(fastify2fa, {
    production: false,
    core: { connectionURI },
    antiCsrf: 'NONE',
    sms: { provider: 'log' },
    mail: { provider: 'log' },
    forwardAuth: { origins: [origin], proxySecret: secret }
  })
  // As many headers as a decision has, and about as long.
  const headers = {
    'x-auth-user-id': '11111111-1111-4111-8111-000000000000',
    'x-auth-session': '22222222-2222-4222-8222-000000000000',
    'x-auth-acr': '',
    'x-auth-amr': '',
    'x-auth-time': '1764500000',
    'x-auth-roles': 'user',
    'x-auth-assertion': 'a'.repeat(560),
    'cache-control': 'no-store'
  }
  app.get('/open', (_request, reply) => { reply.headers(headers).send() })
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send({ port: app.server.address().port })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({ cpu: user + system })
  })
})
process.once('disconnect', () => process.exit())
