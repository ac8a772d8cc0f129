import type { CoreConfig } from '../config.js'
import type { Body } from '../input/body.js'
import type { JsonObject } from '../input/json.js'
import { badRequest } from '../input/refusals.js'
import { trim } from '../input/trim.js'
import { stored, WIDTHS } from '../input/widths.js'
import { PUBLIC, type App, type Apps, type TenantConfig } from './apps.js'

/** First segments of the API's own paths. A tenant of that name would hide them. */
export const RESERVED_IDS = ['recipe', 'config', 'users', 'hello']

/** A tenant's or app's id, trimmed and in lower case. @throws a 400 refusal if it cannot be one */
export function normaliseId (given: string, name: 'tenantId' | 'appId'): string {
  const id = trim(given).toLowerCase()
  if (id === '') throw badRequest(`${name} should not be an empty String`)
  if (name === 'tenantId' && RESERVED_IDS.includes(id)) throw badRequest(`Cannot use '${id}' as a tenantId`)
  if (id.startsWith('appid-')) throw badRequest(`${name} must not start with 'appid-'`)
  if (!/^[a-z0-9-]+$/.test(id)) throw badRequest(`${name} can only contain letters, numbers and hyphens`)
  return id
}

/** A tenant before anything is set. A new one allows no first factor until `firstFactors` names some; null allows all. */
export function newTenant (tenantId: string): TenantConfig {
  return { tenantId, firstFactors: tenantId === PUBLIC ? null : [], secondaryFactors: null, providers: [], coreConfig: {} }
}

/** The tenant with the settings that the body names. @throws a 400 refusal */
export function changedBy (body: Body, config: TenantConfig): TenantConfig {
  const given = body.optionalObject('coreConfig') ?? {}
  for (const [name, label] of [['emailPasswordEnabled', 'emailPasswordEnabled'], ['thirdPartyEnabled', 'thirdParty'], ['passwordlessEnabled', 'passwordless']] as const) {
    if (body.has(name)) throw badRequest(`${label} is not a valid input for this API`)
  }
  const [firstFactors, secondaryFactors] = [factors(body, 'firstFactors', config.firstFactors), factors(body, 'requiredSecondaryFactors', config.secondaryFactors)]
  checkNames('firstFactors', firstFactors)
  checkNames('requiredSecondaryFactors', secondaryFactors)
  return {
    ...config,
    firstFactors,
    // An empty list of required factors is the same as none given. For first factors it is not: it allows none.
    secondaryFactors: secondaryFactors?.length === 0 ? null : secondaryFactors,
    coreConfig: Object.fromEntries(Object.entries({ ...config.coreConfig, ...given }).filter(([, value]) => value !== null)) as CoreConfig
  }
}

function factors (body: Body, name: string, current: string[] | null): string[] | null {
  if (!body.has(name)) return current
  if (body.isNull(name)) return null
  const given = body.optionalStrings(name) as string[]
  if (new Set(given).size !== given.length) throw badRequest(`${name} input should not contain duplicate values`)
  return given
}

function checkNames (name: string, given: string[] | null): void {
  if (given?.every((factor) => /^[0-9a-zA-Z_.()-]+$/.test(factor)) === false) throw badRequest(`${name} should contain only 0-9,a-z,A-Z,_,.,- characters`)
}

/** Creates an app, or changes its public tenant. Returns whether the app is new. */
export function saveApp (apps: Apps, appId: string, config: TenantConfig): boolean {
  const existing = apps.get(appId)
  const app = existing ?? apps.create(stored(appId, 'appId', WIDTHS.tenantId))
  try {
    saveTenant(app, config)
  } catch (error) {
    if (existing === undefined) apps.remove(appId)
    throw error
  }
  return existing === undefined
}

/** Creates a tenant or replaces its settings. Returns whether the tenant is new. @throws a 400 refusal */
export function saveTenant (app: App, config: TenantConfig): boolean {
  const isNew = !app.tenants.has(config.tenantId)
  if (app.id === PUBLIC && config.tenantId === PUBLIC && Object.keys(config.coreConfig).length > 0) throw badRequest('Cannot modify base config')
  stored(config.tenantId, 'tenantId', WIDTHS.tenantId)
  try {
    app.saveTenant(config)
  } catch (error) {
    // The code is for the person who starts a Core. For a client it is a bad request.
    if (error instanceof Error && 'code' in error && error.code === 'CORE_CONFIG_INVALID') throw badRequest(error.message)
    throw error
  }
  return isNew
}

/** A tenant in the form that replies carry. */
export function tenantJson ({ tenantId, firstFactors, secondaryFactors, providers, coreConfig }: TenantConfig): JsonObject {
  return {
    tenantId,
    thirdParty: { providers },
    ...(firstFactors !== null && { firstFactors }),
    ...(secondaryFactors !== null && { requiredSecondaryFactors: secondaryFactors }),
    coreConfig: coreConfig as JsonObject
  }
}
