import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import { CORE_WIDTHS, fits } from '../../lengths.js'

type Json = Record<string, unknown>

/** The settings of a client, as the SDK knows them. */
export const CLIENT_KEYS = ['clientType', 'clientId', 'clientSecret', 'scope', 'forcePKCE', 'additionalConfig']
/** The settings of a provider that can be written as JSON. */
export const CONFIG_KEYS = [
  'thirdPartyId', 'thirdPartyImplementation', 'name', 'authorizationEndpoint', 'authorizationEndpointQueryParams', 'tokenEndpoint', 'tokenEndpointBodyParams',
  'userInfoEndpoint', 'userInfoEndpointQueryParams', 'userInfoEndpointHeaders', 'jwksURI', 'codeChallengeMethodsSupported', 'oidcDiscoveryEndpoint',
  'userInfoMap', 'requireEmail'
]
const FUNCTIONS = ['validateIdTokenPayload', 'validateAccessToken', 'generateFakeEmail']
const INPUT_KEYS = ['config', 'override', 'includeInNonPublicTenantsByDefault']

/** Providers of the SDK that ask fixed addresses who the user is, and read no ID token. */
const FIXED = ['github', 'linkedin', 'bitbucket']
const UNUSED_BY_FIXED = ['validateIdTokenPayload', 'jwksURI', 'oidcDiscoveryEndpoint', 'userInfoMap', 'userInfoEndpoint', 'userInfoEndpointQueryParams', 'userInfoEndpointHeaders']
/** Providers of the SDK that come with a discovery document, and what they read from `additionalConfig`. */
const DISCOVERED: Record<string, string[]> = {
  'active-directory': ['directoryId'], apple: ['keyId', 'teamId', 'privateKey'], gitlab: ['gitlabBaseUrl'], 'google-workspaces': ['hd'], google: [], okta: ['oktaDomain']
}
const BOXY = { 'boxy-saml': ['boxyURL'] }

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
const unknown = (object: Json, known: string[]): string[] => Object.keys(object).filter((key) => !known.includes(key)).map((key) => `has an unknown member "${key}"`)

/** The SDK picks its own implementation by the beginning of the name, the longest first. */
function implementationOf ({ thirdPartyImplementation, thirdPartyId }: Json, names: string[]): string | undefined {
  const name = String(thirdPartyImplementation ?? thirdPartyId)
  return names.find((one) => name.startsWith(one))
}

/**
 * Settings that would silently not be enforced, and what to use instead. Whoever writes one believes that it protects.
 *
 * @param isOwn whether the host brings code of its own that may read them
 */
export function unenforced (config: Json, isOwn = false): string[] {
  const has = (key: string): boolean => config[key] !== undefined
  const found: string[] = []
  const discovered = implementationOf(config, Object.keys(DISCOVERED))
  const isFixed = implementationOf(config, FIXED) !== undefined
  if (implementationOf(config, ['saml']) !== undefined) return ['is SAML, which is not supported']
  if (isFixed && !isOwn) {
    found.push(...UNUSED_BY_FIXED.filter(has).map((key) => `never uses its "${key}". Remove it, or use "override" with a getUserInfo of your own`))
  } else if (has('jwksURI') && !has('oidcDiscoveryEndpoint') && discovered === undefined && !has('validateIdTokenPayload') && !isOwn) {
    found.push('has a "jwksURI" that does not say who the issuer is. Use "oidcDiscoveryEndpoint", or compare `iss` in "validateIdTokenPayload"')
  } else if (has('validateIdTokenPayload') && !has('jwksURI') && !has('oidcDiscoveryEndpoint') && discovered === undefined && !isOwn) {
    found.push('has a "validateIdTokenPayload" but no keys to verify ID tokens with. Add "oidcDiscoveryEndpoint"')
  }
  if (has('generateFakeEmail') && config.requireEmail !== false) found.push('never calls its "generateFakeEmail". Set "requireEmail" to false')

  const read = { ...DISCOVERED, ...BOXY }[implementationOf(config, [...Object.keys(DISCOVERED), ...Object.keys(BOXY)]) ?? ''] ?? []
  for (const { additionalConfig } of clientsOf(config)) {
    if (!isObject(additionalConfig) || isOwn) continue
    if (discovered === 'google-workspaces' && 'hd' in additionalConfig && has('validateIdTokenPayload')) {
      found.push('does not check "hd" when there is a "validateIdTokenPayload". Compare `hd` there, and remove it from "additionalConfig"')
    }
    found.push(...Object.keys(additionalConfig).filter((key) => !read.includes(key) && !FUNCTIONS.some(has)).map((key) =>
      `never reads "${key}" of its "additionalConfig". ${key === 'hd' ? 'Use the provider "google-workspaces"' : 'Remove it, or use "override"'}`))
  }
  return found
}

function clientsOf ({ clients }: Json): Json[] {
  return Array.isArray(clients) ? clients.filter(isObject) : []
}

/** Wrong types that the SDK would take for "not given", or trip over while a person signs in. */
function wrongTypes (config: Json, { override, includeInNonPublicTenantsByDefault }: Json): string[] {
  const flags = { requireEmail: config.requireEmail, includeInNonPublicTenantsByDefault, ...Object.assign({}, ...clientsOf(config).map(({ forcePKCE }) => ({ forcePKCE }))) as Json }
  const functions = { override, ...Object.fromEntries(FUNCTIONS.map((key) => [key, config[key]])) }
  return [
    ...Object.entries(flags).filter(([, value]) => value !== undefined && typeof value !== 'boolean').map(([key]) => `has a "${key}" that is not true or false`),
    ...Object.entries(functions).filter(([, value]) => value !== undefined && typeof value !== 'function').map(([key]) => `has a "${key}" that is not a function`),
    ...clientsOf(config).filter(({ scope }) => scope !== undefined && !isTexts(scope)).map(() => 'has a "scope" that is not a list of strings'),
    ...clientsOf(config).filter(({ clientId }) => typeof clientId !== 'string' || clientId === '').map(() => 'needs a "clientId" (a string)'),
    ...(config.userInfoMap === undefined || isObject(config.userInfoMap) ? [] : ['has a "userInfoMap" that is not an object'])
  ]
}

function unknownMembers (config: Json, input: Json): string[] {
  const maps = isObject(config.userInfoMap) ? config.userInfoMap : {}
  return [
    ...unknown(input, INPUT_KEYS),
    ...unknown(config, [...CONFIG_KEYS, ...FUNCTIONS, 'clients']),
    ...clientsOf(config).flatMap((client) => unknown(client, CLIENT_KEYS)),
    ...unknown(maps, ['fromIdTokenPayload', 'fromUserInfoAPI']),
    ...Object.values(maps).filter(isObject).flatMap((map) => unknown(map, ['userId', 'email', 'emailVerified']))
  ]
}

/** Problems of the option `thirdPartyProviders`, each of which stops the boot. */
export function providerProblems (providers: ProviderInput[] | undefined): string[] {
  if (providers === undefined) return []
  const isList = Array.isArray(providers) && providers.every((provider) => typeof provider?.config?.thirdPartyId === 'string')
  if (!isList) return ['thirdPartyProviders must be a list of { config: { thirdPartyId, clients } }']
  const ids = providers.map(({ config }) => config.thirdPartyId)
  return providers.flatMap((provider, index) => {
    const [config, input] = [provider.config as Json, provider as unknown as Json]
    const types = clientsOf(config).map(({ clientType }) => clientType)
    const found = [...unknownMembers(config, input), ...wrongTypes(config, input), ...unenforced(config, provider.override !== undefined)]
    if (!fits(provider.config.thirdPartyId, CORE_WIDTHS.thirdPartyId)) found.push(`is too long: thirdPartyId must have at most ${CORE_WIDTHS.thirdPartyId} characters, which is what a Core stores`)
    if (ids.indexOf(ids[index] as string) < index) found.push('is listed twice. Put both clients into "clients"')
    if (new Set(types).size < types.length) found.push('has several clients. Give each its own "clientType"')
    return [...new Set(found)].map((problem) => `thirdPartyProviders: "${ids[index]}" ${problem}`)
  })
}
