import { bodyOf } from '../input/body.js'
import { isObject, type Json, type JsonObject } from '../input/json.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import type { App, TenantConfig } from './apps.js'

const TEXTS = ['name', 'authorizationEndpoint', 'tokenEndpoint', 'userInfoEndpoint', 'jwksURI', 'oidcDiscoveryEndpoint']
const OBJECTS = ['authorizationEndpointQueryParams', 'tokenEndpointBodyParams', 'userInfoEndpointQueryParams', 'userInfoEndpointHeaders']
const CLIENT = ['clientType', 'clientId', 'clientSecret', 'scope', 'forcePKCE', 'additionalConfig']
const USER_INFO = ['userId', 'email', 'emailVerified']

type Provider = JsonObject & { thirdPartyId: string }

/** A third-party provider with the known fields alone, without nulls, and always with `userInfoMap`. */
export function normaliseProvider (given: JsonObject): Provider {
  const config = bodyOf(withoutNulls(given))
  const known = <T>(names: string[], read: (name: string) => T) =>
    Object.fromEntries(names.filter((name) => config.has(name)).map((name) => [name, read(name)]))
  const map = config.optionalObject('userInfoMap')
  return {
    thirdPartyId: trim(config.string('thirdPartyId')),
    ...known(TEXTS, config.string),
    ...known(OBJECTS, config.object),
    ...known(['requireEmail'], config.boolean),
    clients: (config.optionalArray('clients') ?? []).filter(isObject).map((client) => only(CLIENT, client)),
    userInfoMap: { fromIdTokenPayload: only(USER_INFO, map?.fromIdTokenPayload), fromUserInfoAPI: only(USER_INFO, map?.fromUserInfoAPI) }
  }
}

function withoutNulls (given: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
}

function only (names: string[], given: Json | undefined): JsonObject {
  return isObject(given) ? Object.fromEntries(Object.entries(withoutNulls(given)).filter(([name]) => names.includes(name))) : {}
}

const REQUIRED: Array<[string, string[], string]> = [
  ['apple', ['keyId', 'teamId', 'privateKey'], 'a non empty string value must be specified for keyId, teamId and privateKey in the additionalConfig for Apple provider']
]
const OPTIONAL: Array<[string, string, string]> = [
  ['google-workspaces', 'hd', 'hd in additionalConfig must be a non empty string value'],
  ['boxy-saml', 'boxyURL', 'a non empty string value must be specified for boxyURL in the additionalConfig for Boxy SAML provider']
]

/**
 * Adds a provider to a tenant or replaces it. Returns whether it is new.
 *
 * @throws a 400 refusal, if it is to be validated
 */
export function saveProvider (app: App, tenantId: string, provider: Provider, { validate }: { validate: boolean }): boolean {
  const tenant = app.tenants.get(tenantId) as TenantConfig
  const index = tenant.providers.findIndex((one) => one.thirdPartyId === provider.thirdPartyId)
  const providers = index < 0 ? [...tenant.providers, provider] : tenant.providers.with(index, provider)
  if (validate) checkProviders(providers)
  app.saveTenant({ ...tenant, providers })
  return index < 0
}

/** Returns whether the tenant had it. */
export function removeProvider (app: App, tenantId: string, thirdPartyId: string): boolean {
  const tenant = app.tenants.get(tenantId) as TenantConfig
  const providers = tenant.providers.filter((one) => one.thirdPartyId !== thirdPartyId)
  app.saveTenant({ ...tenant, providers })
  return providers.length < tenant.providers.length
}

function checkProviders (providers: JsonObject[]): void {
  for (const { thirdPartyId, clients } of providers as Array<{ thirdPartyId: string, clients: JsonObject[] }>) {
    const problem = thirdPartyId === '' ? 'thirdPartyId cannot be null or empty' : clientsProblem(thirdPartyId, clients)
    if (problem !== undefined) throw badRequest(`Invalid third party config: ${problem}`)
  }
}

function clientsProblem (thirdPartyId: string, clients: JsonObject[]): string | undefined {
  const types = clients.map((client) => client.clientType ?? null)
  if (new Set(types).size < types.length) return 'Duplicate clientType was specified in the clients list.'
  for (const { clientId, scope, additionalConfig } of clients) {
    if (typeof clientId !== 'string') return 'clientId cannot be null'
    if (Array.isArray(scope) && scope.includes(null)) return 'scope array cannot contain a null'
    const extra = isObject(additionalConfig) ? additionalConfig : {}
    const filled = (name: string) => typeof extra[name] === 'string' && extra[name] !== ''
    for (const [prefix, names, problem] of REQUIRED) if (thirdPartyId.startsWith(prefix) && !names.every(filled)) return problem
    for (const [prefix, name, problem] of OPTIONAL) if (thirdPartyId.startsWith(prefix) && name in extra && !filled(name)) return problem
  }
  return undefined
}
