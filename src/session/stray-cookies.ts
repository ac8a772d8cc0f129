import * as Session from 'supertokens-node/recipe/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { toSdkRequest } from '../supertokens/adapter.js'
import { makeDefaultUserContextFromAPI, runningSessionRecipe } from '../supertokens/sdk-internals.js'
import { decoded, namesIn } from './cookie-names.js'
import { hasBearer } from './request-token.js'
import { TRANSFER_METHODS } from './transfer-method.js'

/**
 * Session cookies that this configuration would not set: left from an earlier `cookieDomain`, or planted by a page on a
 * sibling domain (cookie tossing). Browsers send them beside ours, and a request does not say which is which. To take
 * one of the two could put a person into the account of an attacker, so both are refused, and all that can be anything
 * but ours is deleted.
 */

const TOKENS = ['access', 'refresh'] as const
type Token = typeof TOKENS[number]

/** Proxies refuse answers whose headers exceed 4 kB. */
const MOST_COOKIES = 40

/** What the SDK sets with this configuration. */
function ownCookies (request: FastifyRequest) {
  const recipe = runningSessionRecipe()
  const { config } = recipe
  const req = toSdkRequest(request)
  const userContext = makeDefaultUserContextFromAPI(req)
  return {
    names: Object.fromEntries(TOKENS.map((token) => [token, config.getCookieNameForTokenType(req, token, userContext)])) as Record<Token, string>,
    paths: { access: config.accessTokenPath.getAsStringDangerous() || '/', refresh: config.refreshTokenPath.getAsStringDangerous() },
    domain: config.cookieDomain?.replace(/^\./, ''),
    attributes: `; Max-Age=0; SameSite=${config.getCookieSameSite({ request: req, userContext })}${config.cookieSecure ? '; Secure' : ''}`,
    appInfo: recipe.getAppInfo()
  }
}

/** Tokens of which the request has several cookies. None where sessions come in headers. */
export function strayTokens (request: FastifyRequest): Token[] {
  const { cookie } = request.headers
  if (cookie === undefined || runningSessionRecipe().config.getTokenTransferMethod === TRANSFER_METHODS.header) return []
  const sent = namesIn(cookie).map(decoded)
  // Asking the SDK costs more, and nearly no request has a name twice.
  if (new Set(sent).size === sent.length) return []
  const { names } = ownCookies(request)
  return TOKENS.filter((token) => sent.indexOf(names[token]) !== sent.lastIndexOf(names[token]))
}

/** Removes the cookies of these tokens from the request. */
export function dropCookies (request: FastifyRequest, tokens: Token[]): void {
  const { headers } = request.raw
  const own = ownCookies(request).names
  const names = tokens.map((token) => own[token])
  headers.cookie = headers.cookie?.split(';').filter((pair) => !names.includes(decoded(namesIn(pair)[0]!))).join(';')
}

/** The API's host and its parents, up to the one that can be registered: browsers take no cookies for those above. */
export function domainsOf (apiDomain: string, registrable: string): string[] {
  const labels = new URL(apiDomain).hostname.split('.')
  return labels.map((_, i) => labels.slice(i).join('.')).filter((domain) => domain === registrable || domain.endsWith(`.${registrable}`))
}

/** Every `Path` with which a browser sends a cookie to this path (RFC 6265, 5.1.4), the shortest first. */
export function cookiePathsOf (path: string): string[] {
  // What is not plain has no place in a header.
  const plain = /^(?:\/[\w.~%!$&'()*+,:@-]+)*/.exec(path)![0]
  const segments = plain.split('/').slice(1)
  const parents = segments.map((_, i) => `/${segments.slice(0, i + 1).join('/')}`)
  return ['/', ...parents.flatMap((parent) => parent.length < path.length ? [parent, `${parent}/`] : [parent])]
}

/**
 * `Set-Cookie` headers that delete the strays, those first that this service may have set itself.
 *
 * @param renewed whether new cookies follow in the same answer
 */
export function expiriesOf (request: FastifyRequest, tokens: Token[], { renewed }: { renewed: boolean }): string[] {
  const { names, paths, domain: own, attributes, appInfo } = ownCookies(request)
  const apiDomain = appInfo.apiDomain.getAsStringDangerous()
  const { hostname } = new URL(apiDomain)
  const domains = domainsOf(apiDomain, appInfo.topLevelAPIDomain)
  const sentTo = cookiePathsOf(request.server.twoFactor.authPath.publicPathOf(request.url.split('?', 1)[0]!))
  const spellings = new Set(namesIn(request.headers.cookie ?? ''))

  const expired = (name: string, path: string, domain?: string) => `${name}=; Path=${path}${domain === undefined ? '' : `; Domain=${domain}`}${attributes}`
  // One for the host alone, and one for the domain of that name, are two to a browser. Stores that go by RFC 6265 do not
  // tell them apart and would delete ours. Only browsers send this header.
  const twins = renewed || request.headers['sec-fetch-site'] !== undefined
  const isOurs = (domain: string | undefined): boolean => twins ? domain === own : (domain ?? hostname) === (own ?? hostname)

  const ownPath = TOKENS.flatMap((token) => [undefined, ...domains].filter((domain) => !isOurs(domain)).map((domain) => expired(names[token], paths[token], domain)))
  // Only a page on another host plants cookies for other paths, and it has to name a domain.
  const planted = tokens.flatMap((token) => [...spellings].filter((name) => decoded(name) === names[token]).flatMap((name) => sentTo
    .filter((path) => name !== names[token] || path !== paths[token])
    .flatMap((path) => domains.map((domain) => expired(name, path, domain)))))
  return [...ownPath, ...planted].slice(0, MOST_COOKIES)
}

export const ambiguous = (type: 'TRY_REFRESH_TOKEN' | 'CLEAR_DUPLICATE_SESSION_COOKIES') => new Session.Error({ type, message: 'The request has several session cookies of the same name.' })

/**
 * Refuses a request with several access tokens in cookies, deletes the strays, and has the frontend try again.
 *
 * @throws the SDK's `TRY_REFRESH_TOKEN`
 */
export function refuseStrayCookies (request: FastifyRequest, reply: FastifyReply): void {
  if (hasBearer(request.headers)) return
  const tokens = strayTokens(request)
  if (!tokens.includes('access')) return
  reply.header('set-cookie', expiriesOf(request, tokens, { renewed: false }))
  throw ambiguous('TRY_REFRESH_TOKEN')
}
