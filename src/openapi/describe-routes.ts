import { operationOf, PAGE, UNLISTED } from './described.js'
import type { Media, Operation } from './operation.js'
import { OPERATIONS } from './operations/index.js'
import { exactly, refusal, text, type JsonSchema } from './schemas.js'

/** Ways to carry a session, for `components.securitySchemes`. */
export const SECURITY_SCHEMES = {
  sessionCookie: { type: 'apiKey', in: 'cookie', name: 'sAccessToken', description: 'Set at sign-in. Requests that change something carry an anti-CSRF header beside it where websites are on another site: rid, or anti-csrf.' },
  serviceKey: { type: 'http', scheme: 'basic', description: 'Name and secret of a service client. The secret alone may be sent as a bearer token.' },
  adminKey: { type: 'http', scheme: 'bearer', description: 'A key of the admin API. A client certificate can stand in its place.' },
  sessionHeader: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The header st-access-token of the answer to a sign-in.' }
} as const

export interface DescribeOptions {
  /** Replaces our own groups. @default those of the service */
  tags?: readonly string[]
  /** Whether a route of ours is left out. @default none is */
  hide?: boolean | ((operation: string) => boolean)
}

/** What @fastify/swagger's `transform` gets and returns, as far as it is read here. */
interface Described {
  schema: object
  url: string
  route: { config?: object, method: string | string[] }
  openapiObject?: { components?: { securitySchemes?: object } }
}

/** What any endpoint may answer. Ours are `{ message, code }`, also where the SDK refuses a body or a session. */
const COMMON: Readonly<Record<number, JsonSchema>> = { 400: refusal, 503: refusal }

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: 'Answered. `status` says how',
  400: 'The request cannot be read',
  401: 'There is no session, or it has ended. With "try refresh token", refresh it first',
  403: 'The session lacks a claim, such as the second factor',
  503: 'Not now: the Core does not answer, or too much is asked at once. See Retry-After'
}

/** What an operation answers, by status. */
export const answersOf = (operation: string): Readonly<Record<number, JsonSchema | Media | string>> => ({ ...COMMON, ...OPERATIONS[operation]?.answers })

/** The schemes that carry what an operation needs. */
const SCHEMES: Record<NonNullable<Operation['session']>, readonly string[]> = { none: [], needed: ['sessionCookie', 'sessionHeader'], client: ['serviceKey'], admin: ['adminKey'] }

const isMedia = (answer: JsonSchema | Media): answer is Media => 'media' in answer

function response (status: string, answer: JsonSchema | Media | string): object {
  if (status === '204') return { description: String(answer) }
  if (typeof answer === 'string') return { description: answer, content: { 'text/html': { schema: text } } }
  if (isMedia(answer)) return { description: answer.description, content: { [answer.media]: { schema: text } } }
  return { description: DESCRIPTIONS[status] ?? answer.description ?? 'Answered', content: { 'application/json': { schema: answer } } }
}

/** `POST /account/email` as `postAccountEmail`, for generators of clients. */
const idOf = (operation: string, suffix: string): string =>
  operation.toLowerCase().split(/[^a-z0-9]+/).map((word, place) => place === 0 ? word : word.slice(0, 1).toUpperCase() + word.slice(1)).join('') + suffix

function schemaOf (operation: string, { tag, summary, description, query, body, consumes, session = 'needed' }: Operation, own: object, url: string, schemes: readonly string[]): object {
  const isOfTenant = url.includes('/:tenantId')
  const responses = Object.entries(answersOf(operation)).map(([status, answer]) => [status, response(status, answer)])
  return {
    ...own,
    ...(body !== undefined && { body }),
    ...(consumes !== undefined && { consumes: [consumes] }),
    ...(query !== undefined && { querystring: query }),
    ...(isOfTenant && { params: exactly({ tenantId: text }) }),
    tags: [tag],
    operationId: idOf(operation, isOfTenant ? 'OfTenant' : ''),
    summary,
    ...(description !== undefined && { description }),
    ...(session !== 'none' && { security: SCHEMES[session].filter((name) => schemes.includes(name)).map((name) => ({ [name]: [] })) }),
    response: Object.fromEntries(responses)
  }
}

function pageSchema (method: string | string[], url: string): object {
  const [to, from] = [{ description: 'A page', content: { 'text/html': { schema: text } } }, { description: 'On to another page' }]
  return { tags: ['Pages'], summary: `Hosted page ${url}`, response: { 200: to, 303: from }, ...([method].flat().includes('POST') && { consumes: ['application/x-www-form-urlencoded'] }) }
}

/**
 * The routes of this plugin in a document that @fastify/swagger makes. Everything else is left as it is.
 *
 * Only the document changes. As schemas of the routes themselves, Fastify would drop from answers what they do not list, and
 * check queries twice.
 *
 * @example await app.register(swagger, { openapi: { openapi: '3.1.0', info }, transform: describeRoutes({ tags: ['Sign-in'] }) })
 */
export function describeRoutes ({ tags, hide = false }: DescribeOptions = {}) {
  return function transform <Input extends Described> ({ schema, url, route, openapiObject }: Input): { schema: Input['schema'], url: string } {
    const name = operationOf(route.config)
    if (name === undefined) return { schema, url }
    const operation = OPERATIONS[name]
    const own = schema ?? {}
    // @fastify/swagger stops at schemes that the app's document does not have.
    const schemes = Object.keys(SECURITY_SCHEMES).filter((scheme) => scheme in (openapiObject?.components?.securitySchemes ?? {}))
    const described = name === PAGE ? pageSchema(route.method, url) : operation === undefined ? own : schemaOf(name, operation, own, url, schemes)
    const isHidden = name === UNLISTED || (typeof hide === 'boolean' ? hide : hide(name))
    return { schema: { ...described, ...(tags !== undefined && { tags }), ...(isHidden && { hide: true }) }, url }
  }
}
