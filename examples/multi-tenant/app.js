import Fastify from 'fastify'
import { fastify2fa, sessionOf } from 'fastify-2fa'
import { Multitenancy } from 'fastify-2fa/supertokens'

export const TENANTS = ['acme', 'globex']

/**
 * Lets in the users of the tenant in the path. Which tenant somebody is of, their session says, and nothing that a client
 * sends: no path, header, host or body. Whoever is of another one does not learn what there is.
 */
async function requireTenant (request, reply) {
  if (sessionOf(request).getTenantId() !== request.params.tenantId) return await reply.code(404).send({ message: 'Not found' })
}

async function tenantRoutes (scope) {
  const notes = new Map(TENANTS.map((tenantId) => [tenantId, []]))
  scope.addHook('preHandler', requireTenant)

  scope.get('/notes', async ({ params: { tenantId } }) => notes.get(tenantId))

  scope.post('/notes', {
    schema: { body: { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 200 } } } }
  }, async ({ params: { tenantId }, body: { text } }) => {
    notes.get(tenantId).push(text)
    return { text }
  })

  // Roles are of a user in a tenant.
  scope.delete('/notes', { config: { secondFactor: { roles: ['admin'] } } }, async ({ params: { tenantId } }) => {
    notes.get(tenantId).length = 0
    return { notes: 0 }
  })
}

/** @param options what tests put in the place of the Core and the senders */
export async function buildApp (options = {}, logger = false) {
  const app = Fastify({ logger })
  await app.register(fastify2fa, { secureByDefault: true, ...options })
  // A real Core makes tenants by its own interface, once, and not at every start.
  app.addHook('onReady', async () => {
    for (const tenantId of TENANTS) await Multitenancy.createOrUpdateTenant(tenantId, { firstFactors: ['emailpassword'] })
    // Nobody is of no tenant.
    await Multitenancy.createOrUpdateTenant('public', { firstFactors: [] })
  })
  await app.register(tenantRoutes, { prefix: '/tenants/:tenantId' })
  return app
}
