import type { FastifyInstance } from 'fastify'
import { PUBLIC, type App, type TenantConfig } from '../tenants/apps.js'
import type { CoreConfig } from '../config.js'
import type { Body, JsonObject } from '../http/input.js'
import { badRequest, refuse } from '../http/refusals.js'
import { checkProviders, normaliseProvider } from '../tenants/providers.js'
import { answer, type Call } from '../http/transport.js'

const RESERVED = ['recipe', 'config', 'users', 'hello']

export async function multitenancy (fastify: FastifyInstance): Promise<void> {
  fastify.get('/recipe/multitenancy/tenant/v2', answer(({ apps, target }) => {
    const config = apps.get(target.appId)?.tenants.get(target.tenantId)
    return config === undefined ? { status: 'TENANT_NOT_FOUND_ERROR' } : { ...tenantJson(config), status: 'OK' }
  }))

  fastify.put('/recipe/multitenancy/tenant/v2', answer((call) => {
    const given = call.body.optionalString('tenantId')
    const tenantId = given === undefined ? PUBLIC : normaliseId(given, 'tenantId')
    const { app, id: source } = call.tenant()
    if (tenantId !== PUBLIC && source !== PUBLIC && source !== tenantId) throw refuse(403, 'You must use the public or same tenant to add/update a tenant')
    if (tenantId === PUBLIC && source !== PUBLIC) throw refuse(403, 'You must use the public or same app to add/update an app')
    return { status: 'OK', createdNew: saveTenant(app, tenantId, call.body) }
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
    const config = call.body.object('config')
    const provider = normaliseProvider(config)
    const skipValidation = call.body.optionalBoolean('skipValidation') ?? false
    const { app, id } = call.tenant()
    const tenant = app.tenants.get(id) as TenantConfig
    const index = tenant.providers.findIndex((one) => one.thirdPartyId === provider.thirdPartyId)
    const providers = index < 0 ? [...tenant.providers, provider] : tenant.providers.with(index, provider)
    if (!skipValidation) checkProviders(providers)
    app.saveTenant({ ...tenant, providers })
    return { status: 'OK', createdNew: index < 0 }
  }))

  fastify.post('/recipe/multitenancy/config/thirdparty/remove', answer((call) => {
    const thirdPartyId = call.body.string('thirdPartyId').trim()
    const { app, id } = call.tenant()
    const tenant = app.tenants.get(id) as TenantConfig
    const providers = tenant.providers.filter((one) => one.thirdPartyId !== thirdPartyId)
    app.saveTenant({ ...tenant, providers })
    return { status: 'OK', didConfigExist: providers.length < tenant.providers.length }
  }))
  appRoutes(fastify)
}

function appRoutes (fastify: FastifyInstance): void {
  fastify.put('/recipe/multitenancy/app/v2', answer((call) => {
    const given = call.body.optionalString('appId')
    const appId = given === undefined ? PUBLIC : normaliseId(given, 'appId')
    const { app: source, id } = call.tenant()
    if (id !== PUBLIC || (source.id !== PUBLIC && source.id !== appId)) throw refuse(403, 'You must use the public or same app to add/update an app')
    const existing = call.apps.get(appId)
    const app = existing ?? call.apps.create(appId)
    try {
      saveTenant(app, PUBLIC, call.body)
    } catch (error) {
      if (existing === undefined) call.apps.remove(appId)
      throw error
    }
    return { status: 'OK', createdNew: existing === undefined }
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

function tenantJson ({ tenantId, firstFactors, secondaryFactors, providers, coreConfig }: TenantConfig): JsonObject {
  return {
    tenantId,
    thirdParty: { providers },
    ...(firstFactors !== null && { firstFactors }),
    ...(secondaryFactors !== null && { requiredSecondaryFactors: secondaryFactors }),
    coreConfig: coreConfig as JsonObject
  }
}

function normaliseId (given: string, name: 'tenantId' | 'appId'): string {
  const id = given.trim().toLowerCase()
  if (id === '') throw badRequest(`${name} should not be an empty String`)
  if (name === 'tenantId' && RESERVED.includes(id)) throw badRequest(`Cannot use '${id}' as a tenantId`)
  if (id.startsWith('appid-')) throw badRequest(`${name} must not start with 'appid-'`)
  if (!/^[a-z0-9-]+$/.test(id)) throw badRequest(`${name} can only contain letters, numbers and hyphens`)
  return id
}

/** Returns whether it is new. A new tenant allows no first factor until it is told which; null stands for all. */
function saveTenant (app: App, tenantId: string, body: Body): boolean {
  for (const [name, label] of [['emailPasswordEnabled', 'emailPasswordEnabled'], ['thirdPartyEnabled', 'thirdParty'], ['passwordlessEnabled', 'passwordless']] as const) {
    if (body.has(name)) throw badRequest(`${label} is not a valid input for this API`)
  }
  const existing = app.tenants.get(tenantId)
  const config = existing ?? { tenantId, firstFactors: [], secondaryFactors: null, providers: [], coreConfig: {} }
  const given = body.optionalObject('coreConfig') ?? {}
  const merged = Object.fromEntries(Object.entries({ ...config.coreConfig, ...given }).filter(([, value]) => value !== null)) as CoreConfig
  if (app.id === PUBLIC && tenantId === PUBLIC && Object.keys(merged).length > 0) throw badRequest('Cannot modify base config')
  const secondary = factors(body, 'requiredSecondaryFactors', config.secondaryFactors)
  try {
    app.saveTenant({
      ...config,
      firstFactors: factors(body, 'firstFactors', config.firstFactors),
      // None required is the same as nothing said, where no first factor allowed is not.
      secondaryFactors: secondary?.length === 0 ? null : secondary,
      coreConfig: merged
    })
  } catch (error) {
    // Coded for those who start a Core; for those who talk to one it is a bad request.
    if (error instanceof Error && 'code' in error && error.code === 'CORE_CONFIG_INVALID') throw badRequest(error.message)
    throw error
  }
  return existing === undefined
}

function factors (body: Body, name: string, current: string[] | null): string[] | null {
  if (!body.has(name)) return current
  if (body.isNull(name)) return null
  const given = body.optionalStrings(name) as string[]
  if (new Set(given).size !== given.length) throw badRequest(`${name} input should not contain duplicate values`)
  if (!given.every((factor) => /^[0-9a-zA-Z_.()-]+$/.test(factor))) throw badRequest(`${name} should contain only 0-9,a-z,A-Z,_,.,- characters`)
  return given
}
