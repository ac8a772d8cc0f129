import { createVerifier } from 'fastify-2fa/verifier'
import { httpApiAuthorizer, restAuthorizer } from 'fastify-2fa/verifier/lambda'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE'
})

// One handler for each demand. In API Gateway, cache no result (authorizerResultTtlInSeconds: 0).
export const orders = restAuthorizer(verifier)
export const payout = restAuthorizer(verifier, { maxAge: '5m' })
export const admin = restAuthorizer(verifier, { roles: ['admin'] })
export const ordersOfHttpApi = httpApiAuthorizer(verifier)
