import type { FastifyInstance } from 'fastify'
import { answer, send, type Asked, type Told } from '../http/call.js'
import { targetOf } from '../http/paths.js'
import { refuse } from '../input/refusals.js'
import { PUBLIC } from '../tenants/apps.js'
import { appOf } from '../tenants/lookup.js'
import { VERSIONS } from '../versions.js'

/** Routes outside the recipes: health, versions and the like. */
export async function meta (fastify: FastifyInstance): Promise<void> {
  for (const url of ['/', '/hello']) {
    fastify.route({
      url,
      method: ['GET', 'POST', 'PUT', 'DELETE'],
      config: { keyless: true, versionless: url === '/hello' },
      handler (request: Asked, reply: Told) {
        const { appId, tenantId } = targetOf(request)
        const app = appOf(request.server.apps, appId)
        // `/<tenant>` is unknown if the tenant is. `/<tenant>/hello` answers for any tenant of a known app.
        if (url === '/' && !app.tenants.has(tenantId)) return send(reply, 404, 'Not found')
        app.db.get('SELECT 1')
        return send(reply, 200, 'Hello')
      }
    })
  }

  fastify.get('/apiversion', { config: { versionless: true } }, answer((call) => {
    const { newestVersion } = call.publicApp().settings(PUBLIC)
    return { versions: VERSIONS.slice(0, VERSIONS.indexOf(newestVersion) + 1) }
  }))

  fastify.get('/telemetry', answer((call) => {
    call.publicApp({ tenantFirst: true })
    return { exists: false }
  }))

  fastify.get('/config', { config: { keyless: true } }, answer((call) => {
    call.query.string('pid')
    const { app, id } = call.tenant()
    if (app.id !== PUBLIC || id !== PUBLIC) throw refuse(403, 'you can call this only from the base connection uri domain, public app and tenant')
    return { status: 'NOT_ALLOWED' }
  }))
}
