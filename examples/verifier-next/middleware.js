import { require2FA } from 'fastify-2fa/verifier/next'
import { verifier } from './verifier.js'

const orders = require2FA(verifier)
const payout = require2FA(verifier, { maxAge: '5m' })
const admin = require2FA(verifier, { roles: ['admin'] })

// Next runs this on its edge before every route that `matcher` names. Undefined goes on. From Next 16 on, name the file
// proxy.js and the function proxy.
export function middleware (request) {
  const { pathname } = new URL(request.url)
  if (pathname === '/payout') return payout(request)
  if (pathname === '/admin') return admin(request)
  return orders(request)
}

export const config = { matcher: ['/orders', '/payout', '/admin'] }
