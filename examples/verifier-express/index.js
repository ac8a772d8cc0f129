import express from 'express'
import { createVerifier, sessionOf } from 'fastify-2fa/verifier'
import { require2FA } from 'fastify-2fa/verifier/express'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

const app = express()

app.get('/orders', require2FA(verifier), (request, response) => {
  response.json({ user: sessionOf(request).userId })
})

app.post('/payout', require2FA(verifier, { maxAge: '5m' }), (request, response) => {
  response.json({ paid: true })
})

app.get('/admin', require2FA(verifier, { roles: ['admin'] }), (request, response) => {
  response.json({ admin: true })
})

const server = app.listen(process.env.PORT ?? 4000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
