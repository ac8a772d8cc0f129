import type { FastifyInstance } from 'fastify'
import { PUBLIC } from '../tenants/apps.js'
import { refuse } from '../http/refusals.js'
import { answer, send, targetOf } from '../http/transport.js'
import { VERSIONS } from '../http/versions.js'

/** What asks for neither a recipe nor a user: is it there, and what does it speak. */
export async function meta (fastify: FastifyInstance): Promise<void> {
  for (const url of ['/', '/hello']) {
    fastify.route({
      url,
      method: ['GET', 'POST', 'PUT', 'DELETE'],
      config: { keyless: true, versionless: url === '/hello' },
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
    return { exists: false }
  }))

  fastify.get('/config', { config: { keyless: true } }, answer((call) => {
    call.query.string('pid')
    const { app, id } = call.tenant()
    if (app.id !== PUBLIC || id !== PUBLIC) throw refuse(403, 'you can call this only from the base connection uri domain, public app and tenant')
    return { status: 'NOT_ALLOWED' }
  }))
}
