import { verifier } from './verifier.js'

// As in app/orders/route.js. A route handler decides by itself who it is: it trusts no header that the middleware has set,
// and is as safe where the middleware did not run.
async function orders (request) {
  const decision = await verifier.verifyRequest(request)
  if (!decision.admitted) return Response.json(decision.body, { status: decision.status, headers: decision.headers })
  return Response.json({ user: decision.session.userId })
}

export const routes = {
  'GET /orders': orders,
  'POST /payout': async () => Response.json({ paid: true }),
  'GET /admin': async () => Response.json({ admin: true })
}
