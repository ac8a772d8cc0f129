import Router from '@koa/router'
import { createVerifier, sessionOf } from 'fastify-2fa/verifier'
import { require2FA } from 'fastify-2fa/verifier/koa'
import Koa from 'koa'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

const router = new Router()

router.get('/orders', require2FA(verifier), (ctx) => {
  ctx.body = { user: sessionOf(ctx).userId }
})

router.post('/payout', require2FA(verifier, { maxAge: '5m' }), (ctx) => {
  ctx.body = { paid: true }
})

router.get('/admin', require2FA(verifier, { roles: ['admin'] }), (ctx) => {
  ctx.body = { admin: true }
})

const server = new Koa().use(router.routes()).listen(process.env.PORT ?? 4000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
