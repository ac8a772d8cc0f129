import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import { CLIENT_KEYS, CONFIG_KEYS, unenforced } from '../first-factor/third-party/settings.js'
import { json, type Kind, type Parsed, wrong } from './kinds.js'
import { isLoopback } from './kinds-web.js'
import { didYouMean, nearest } from './near.js'

type Json = Record<string, unknown>
type Client = NonNullable<ProviderInput['config']['clients']>[number]

/** Identifiers for which the SDK knows the endpoints. The SDK compares only the beginning of the identifier. */
const BUILT_IN = ['active-directory', 'apple', 'bitbucket', 'discord', 'facebook', 'github', 'gitlab', 'google', 'google-workspaces', 'linkedin', 'okta', 'twitter']

const ENDPOINTS = ['authorizationEndpoint', 'tokenEndpoint', 'userInfoEndpoint', 'jwksURI', 'oidcDiscoveryEndpoint']

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function unknownKeys (object: Json, known: string[], near = known): string[] {
  return Object.keys(object).filter((key) => !known.includes(key)).map((key) => `has an unknown member "${key}".${didYouMean(key, near)}`)
}

function checkClient (client: unknown, provider: string): string[] {
  if (!isObject(client)) return ['has a client that is not an object.']
  const found = unknownKeys(client, CLIENT_KEYS)
  if (!isText(client.clientId)) found.push('needs a "clientId" (a string).')
  if (client.clientSecret !== undefined && !isText(client.clientSecret)) found.push('has a "clientSecret" that is not a string.')
  if (client.scope !== undefined && !(Array.isArray(client.scope) && client.scope.every(isText))) found.push('has a "scope" that is not a list of strings.')
  const apple = isObject(client.additionalConfig) ? client.additionalConfig : {}
  if (provider.startsWith('apple') && client.clientSecret === undefined && !['keyId', 'teamId', 'privateKey'].every((key) => isText(apple[key]))) {
    found.push('needs "additionalConfig" with "keyId", "teamId" and "privateKey". Apple\'s client secret is derived from them.')
  }
  return found
}

/** Codes and tokens are sent to these endpoints, so plain http is allowed only to this machine. */
function checkEndpoint (config: Json, key: string): string[] {
  const value = config[key]
  if (value === undefined) return []
  if (!isText(value) || !URL.canParse(value)) return [`has a "${key}" that is not a URL.`]
  const url = new URL(value)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? [] : [`has a "${key}" without https.`]
}

function checkConfig (config: Json): string[] {
  const found = [...unknownKeys(config, [...CONFIG_KEYS, 'clients'], [...CONFIG_KEYS, ...CLIENT_KEYS]), ...ENDPOINTS.flatMap((key) => checkEndpoint(config, key))]
  const id = config.thirdPartyId
  if (!isText(id) || !/^[\w.-]{1,28}$/.test(id)) return [...found, 'needs a "thirdPartyId" of at most 28 letters, digits, `_`, `.` and `-`.']
  const known = isText(config.thirdPartyImplementation) ? config.thirdPartyImplementation : id
  const findable = isText(config.oidcDiscoveryEndpoint) || (isText(config.authorizationEndpoint) && isText(config.tokenEndpoint))
  if (!BUILT_IN.some((builtIn) => known.startsWith(builtIn)) && !findable) {
    const meant = nearest(known, BUILT_IN)
    found.push(`is not built in${meant === undefined ? '' : ` (did you mean "${meant}"?)`}, so it needs an "oidcDiscoveryEndpoint".`)
  }
  const clients = config.clients
  if (!Array.isArray(clients) || clients.length === 0) return [...found, 'needs a "clientId", or "clients" with at least one client.']
  if (clients.length > 1 && new Set(clients.map((client) => isObject(client) ? client.clientType : undefined)).size < clients.length) found.push('has several clients. Give each its own "clientType".')
  return [...found, ...clients.flatMap((client) => checkClient(client, known)), ...unenforced(config).map((problem) => `${problem}.`)]
}

/** Expands the short form, in which the members of the only client stand next to the provider's. */
function expand (element: Json): Json {
  if (element.clients !== undefined) return element
  const client = Object.fromEntries(Object.entries(element).filter(([key]) => CLIENT_KEYS.includes(key)))
  const common = Object.fromEntries(Object.entries(element).filter(([key]) => !CLIENT_KEYS.includes(key)))
  return Object.keys(client).length > 0 ? { ...common, clients: [client] } : common
}

function checkElement (element: unknown): { input?: ProviderInput, id?: string, found: string[] } {
  if (!isObject(element)) return { found: ['is not an object.'] }
  const { config, includeInNonPublicTenantsByDefault: everywhere, ...others } = element
  if (config !== undefined && !isObject(config)) return { found: ['has a "config" that is not an object.'] }
  const full = config ?? expand(others)
  const found = [...checkConfig(full), ...(config === undefined ? [] : unknownKeys(others, ['config', 'includeInNonPublicTenantsByDefault']))]
  const id = isText(full.thirdPartyId) ? full.thirdPartyId : ''
  const input = { config: { ...full, thirdPartyId: id, clients: full.clients as Client[] }, ...(everywhere === true && { includeInNonPublicTenantsByDefault: true }) }
  return { input, id, found }
}

function checkProviders (content: unknown): Parsed<ProviderInput[]> {
  if (!Array.isArray(content)) return wrong('It is not a JSON array.')
  const details: string[] = []
  const value: ProviderInput[] = []
  const seen = new Set<string>()
  for (const [index, element] of content.entries()) {
    const { input, id, found } = checkElement(element)
    const label = `Provider ${index + 1}${id ? ` ("${id.slice(0, 28)}")` : ''}`
    if (id && seen.has(id)) found.push('is listed twice. Remove one, or put both clients into "clients".')
    if (id) seen.add(id)
    details.push(...found.map((detail) => `${label} ${detail}`))
    if (input !== undefined) value.push(input)
  }
  return details.length > 0 ? wrong(...details) : { value }
}

/** Social logins: the SDK's `ProviderInput`, or the short form with one client. */
export function providers (): Kind<ProviderInput[]> {
  return json('a JSON array such as `[{"thirdPartyId":"google","clientId":"…","clientSecret":"…"}]`', checkProviders)
}
