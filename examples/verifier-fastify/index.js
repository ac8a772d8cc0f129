import Fastify from 'fastify'
import { createVerifier, sessionOf } from 'fastify-2fa/verifier'
import { require2FA } from 'fastify-2fa/verifier/fastify'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

const app = Fastify()

app.get('/orders', { preHandler: require2FA(verifier) }, async (request) => ({ user: sessionOf(request).userId }))

app.post('/payout', { preHandler: require2FA(verifier, { maxAge: '5m' }) }, async () => ({ paid: true }))

app.get('/admin', { preHandler: require2FA(verifier, { roles: ['admin'] }) }, async () => ({ admin: true }))

await app.listen({ port: process.env.PORT ?? 4000 })
console.log(`http://localhost:${app.server.address().port}`)
