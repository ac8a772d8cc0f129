import type { FastifyInstance } from 'fastify'
import { answer, send, targetOf, VERSIONS } from '../transport.js'

/** What asks for neither a recipe nor a user: is it there, and what does it speak. */
export async function meta (fastify: FastifyInstance): Promise<void> {
  for (const url of ['/', '/hello']) {
    fastify.route({
      url,
      method: ['GET', 'POST', 'PUT', 'DELETE'],
      config: { open: true },
      handler (request, reply) {
        const { appId, tenantId } = targetOf(request)
        const app = this.apps.get(appId)
        // A tenant's root is a path like any other, and unknown when the tenant is.
        if (app === undefined || (url === '/' && !app.tenants.has(tenantId))) return send(reply, 404, 'Not found')
        app.db.get('SELECT 1')
        return send(reply, 200, 'Hello')
      }
    })
  }

  fastify.get('/apiversion', { config: { versionless: true } }, answer((call) => {
    call.publicApp()
    return { versions: VERSIONS }
  }))

  fastify.get('/telemetry', answer((call) => {
    call.publicApp()
    return { status: 'OK', exists: false }
  }))

  fastify.get('/config', { config: { versionless: true } }, answer((call) => {
    call.query.string('pid')
    call.publicApp()
    return { status: 'NOT_ALLOWED' }
  }))
}
