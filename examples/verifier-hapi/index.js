import Hapi from '@hapi/hapi'
import { createVerifier } from 'fastify-2fa/verifier'
import { secondFactorScheme } from 'fastify-2fa/verifier/hapi'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

const server = Hapi.server({ port: process.env.PORT ?? 4000 })

server.auth.scheme('2fa', secondFactorScheme(verifier))
server.auth.strategy('2fa', '2fa')
server.auth.strategy('2fa-lately', '2fa', { maxAge: '5m' })
server.auth.strategy('admin', '2fa', { roles: ['admin'] })
// Every route, unless it says otherwise.
server.auth.default('2fa')

server.route([
  { method: 'GET', path: '/orders', handler: ({ auth }) => ({ user: auth.credentials.userId }) },
  { method: 'POST', path: '/payout', options: { auth: '2fa-lately' }, handler: () => ({ paid: true }) },
  { method: 'GET', path: '/admin', options: { auth: 'admin' }, handler: () => ({ admin: true }) }
])

await server.start()
console.log(`http://localhost:${server.info.port}`)
