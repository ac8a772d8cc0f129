import { createVerifier } from 'fastify-2fa/verifier'

export const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})
