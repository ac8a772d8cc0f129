import type { FastifyInstance } from 'fastify'
import { answer, type Call } from '../http/call.js'
import { bodyOf } from '../input/body.js'
import { refuse } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import { PUBLIC } from '../tenants/apps.js'
import { changedBy, newTenant, normaliseId, saveApp, saveTenant, tenantJson } from '../tenants/definitions.js'
import { normaliseProvider, removeProvider, saveProvider } from '../tenants/providers.js'

export async function multitenancy (fastify: FastifyInstance): Promise<void> {
  fastify.get('/recipe/multitenancy/tenant/v2', answer(({ apps, target }) => {
    const config = apps.get(target.appId)?.tenants.get(target.tenantId)
    return config === undefined ? { status: 'TENANT_NOT_FOUND_ERROR' } : { ...tenantJson(config), status: 'OK' }
  }))

  fastify.put('/recipe/multitenancy/tenant/v2', answer((call) => {
    const given = call.body.optionalString('tenantId')
    const tenantId = given === undefined ? PUBLIC : normaliseId(given, 'tenantId')
    const { app, id: source } = call.tenant()
    const config = changedBy(call.body, app.tenants.get(tenantId) ?? newTenant(tenantId))
    if (tenantId !== PUBLIC && source !== PUBLIC && source !== tenantId) throw refuse(403, 'You must use the public or same tenant to add/update a tenant')
    // In the public app, the real Core asks nothing about who changes the public tenant.
    if (tenantId === PUBLIC && source !== PUBLIC && app.id !== PUBLIC) throw refuse(403, 'You must use the public or same app to add/update an app')
    return { status: 'OK', createdNew: saveTenant(app, config) }
  }))

  fastify.get('/recipe/multitenancy/tenant/list/v2', answer((call) => {
    const { app, id } = call.tenant()
    if (id !== PUBLIC) throw refuse(403, 'Only the public tenantId is allowed to list all tenants associated with this app')
    return { status: 'OK', tenants: [...app.tenants.values()].map(tenantJson) }
  }))

  fastify.post('/recipe/multitenancy/tenant/remove', answer((call) => {
    const tenantId = normaliseId(call.body.string('tenantId'), 'tenantId')
    if (tenantId === PUBLIC) throw refuse(403, 'Cannot delete public tenant, use remove app API instead')
    const { app, id } = call.tenant()
    if (id !== PUBLIC) throw refuse(403, 'Only the public tenantId is allowed to delete a tenant')
    return { status: 'OK', didExist: app.removeTenant(tenantId) }
  }))

  fastify.put('/recipe/multitenancy/config/thirdparty', answer((call) => {
    const given = call.body.object('config')
    bodyOf(given).string('thirdPartyId')
    const skipValidation = call.body.optionalBoolean('skipValidation') ?? false
    const { app, id } = call.tenant()
    return { status: 'OK', createdNew: saveProvider(app, id, normaliseProvider(given), { validate: !skipValidation }) }
  }))

  fastify.post('/recipe/multitenancy/config/thirdparty/remove', answer((call) => {
    const thirdPartyId = trim(call.body.string('thirdPartyId'))
    const { app, id } = call.tenant()
    return { status: 'OK', didConfigExist: removeProvider(app, id, thirdPartyId) }
  }))

  appRoutes(fastify)
}

function appRoutes (fastify: FastifyInstance): void {
  fastify.put('/recipe/multitenancy/app/v2', answer((call) => {
    const given = call.body.optionalString('appId')
    const appId = given === undefined ? PUBLIC : normaliseId(given, 'appId')
    const { app: source, id } = call.tenant()
    const config = changedBy(call.body, call.apps.get(appId)?.tenants.get(PUBLIC) ?? newTenant(PUBLIC))
    if (id !== PUBLIC || (source.id !== PUBLIC && source.id !== appId)) throw refuse(403, 'You must use the public or same app to add/update an app')
    return { status: 'OK', createdNew: saveApp(call.apps, appId, config) }
  }))

  const publicOnly = (call: Call, what: string) => {
    const { app, id } = call.tenant()
    if (app.id !== PUBLIC || id !== PUBLIC) throw refuse(403, `Only the public tenantId and public appId is allowed to ${what}`)
  }

  fastify.get('/recipe/multitenancy/app/list/v2', answer((call) => {
    publicOnly(call, 'list all apps associated with this connection uri domain')
    return { status: 'OK', apps: call.apps.list().map((app) => ({ appId: app.id, tenants: [...app.tenants.values()].map(tenantJson) })) }
  }))

  fastify.post('/recipe/multitenancy/app/remove', answer((call) => {
    const appId = normaliseId(call.body.string('appId'), 'appId')
    if (appId === PUBLIC) throw refuse(403, 'Cannot delete the public app, use remove connection uri domain API instead')
    publicOnly(call, 'delete an app')
    if ((call.apps.get(appId)?.tenants.size ?? 0) > 1) {
      throw refuse(403, 'Please delete all tenants except the public tenant for this app before calling the delete API')
    }
    return { status: 'OK', didExist: call.apps.remove(appId) }
  }))
}
