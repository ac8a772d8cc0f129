import { isRedirectOrigin } from '../hosted-pages/redirect.js'
import { isPlainPath, joinPaths } from '../options/auth-path.js'
import { createProxyTrust } from './proxy-trust.js'

/** Decides for proxies whether requests to other services may pass (`docs/forward-auth.md`). */
export interface ForwardAuthOptions {
  /**
   * Origins of the services behind the proxy, such as `https://shop.example.com`, or `https://*.example.com` for all hosts
   * below. Requests to any other address are refused, and nobody is sent back to one.
   */
  origins: readonly string[]
  /**
   * What the proxy sends as `X-Forward-Auth-Secret`: at least 32 characters, or a list to rotate it. Without the right one
   * nobody is answered.
   * @default none: `proxies` says who may ask
   */
  proxySecret?: string | readonly string[]
  /**
   * Addresses from which the proxies connect: IP, CIDR, `loopback`, `linklocal`, `uniquelocal`. With `proxySecret` too, both
   * have to be right.
   * @default any, if there is a `proxySecret`
   */
  proxies?: readonly string[]
  /** Path of the endpoints, below the prefix of the scope. @default '/verify' */
  path?: string
  /**
   * Page to which browsers are sent to sign in. The address that they wanted is added as `redirect`.
   * @default the hosted pages, or `websiteBasePath` of the first website
   */
  signInPage?: string
}

/** All of them with their defaults. */
export interface ResolvedForwardAuth {
  origins: readonly string[]
  proxySecrets: readonly string[]
  proxies: readonly string[] | undefined
  path: string
  signInPage: string | undefined
}

export const SHORTEST_SECRET = 32

const KNOWN = ['origins', 'proxySecret', 'proxies', 'path', 'signInPage']

const listOf = (value: unknown): unknown[] => value === undefined ? [] : [value].flat()

/** @returns `undefined` where forward-auth is off */
export function resolveForwardAuth (options: ForwardAuthOptions | undefined): ResolvedForwardAuth | undefined {
  if (options === undefined) return undefined
  const { origins, proxySecret, proxies, path = '/verify', signInPage } = options
  return { origins, proxySecrets: listOf(proxySecret) as string[], proxies, path: joinPaths(path), signInPage }
}

interface Reach {
  apiDomain: string | undefined
  cookieDomain: string | undefined
}

/**
 * Whether browsers send the session's cookies to an origin. Otherwise they would be sent to sign in, and back, for ever: the
 * service never sees the session.
 */
export function isReachedByCookies (origin: string, { apiDomain = 'http://localhost', cookieDomain }: Reach): boolean {
  // What is no address is a problem of its own already.
  if (!URL.canParse(apiDomain)) return true
  const host = new URL(origin.replace('*.', '')).hostname
  const domain = cookieDomain?.replace(/^\./, '').toLowerCase()
  return domain === undefined ? !origin.includes('*') && host === new URL(apiDomain).hostname : host === domain || host.endsWith(`.${domain}`)
}

function proxyProblem (proxies: unknown): string | false {
  if (!Array.isArray(proxies) || proxies.length === 0) return 'forwardAuth.proxies must be a list of addresses'
  try {
    createProxyTrust(proxies as string[])
    return false
  } catch (err) {
    return `forwardAuth.proxies: ${(err as Error).message}`
  }
}

/** What is wrong with `forwardAuth` itself. */
export function forwardAuthProblems (options: ForwardAuthOptions | undefined, reach: Reach & { usesCookies: boolean }): string[] {
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null) return ['forwardAuth must be an object']
  const { origins, proxySecret, proxies, path, signInPage } = options
  const isList = Array.isArray(origins) && origins.length > 0
  const wrong = isList ? origins.filter((origin) => !isRedirectOrigin(String(origin))) : []
  const secrets = listOf(proxySecret)
  return [
    ...Object.keys(options).map((name) => !KNOWN.includes(name) && `forwardAuth.${name} is unknown`),
    !isList && 'forwardAuth.origins must name at least one origin, such as https://shop.example.com',
    ...wrong.map((origin) => `forwardAuth.origins: ${String(origin)} must be an origin such as https://shop.example.com or https://*.example.com`),
    ...(isList && wrong.length === 0 && reach.usesCookies ? origins : [])
      .map((origin) => !isReachedByCookies(origin, reach) && `forwardAuth.origins: browsers do not send the session's cookies to ${origin}. Set cookieDomain to a domain that it shares with appInfo.apiDomain`),
    // Whoever else can ask chooses the address and the method that go into an assertion.
    secrets.length === 0 && proxies === undefined && 'forwardAuth needs proxySecret or proxies: only the proxy may ask',
    !secrets.every((secret) => typeof secret === 'string' && secret.length >= SHORTEST_SECRET && /^[\x21-\x2b\x2d-\x7e]+$/.test(secret)) && `forwardAuth.proxySecret must have at least ${SHORTEST_SECRET} visible ASCII characters, and no comma`,
    proxies !== undefined && proxyProblem(proxies),
    path !== undefined && (!isPlainPath(path) || joinPaths(path) === '') && 'forwardAuth.path must be a path such as /verify',
    signInPage !== undefined && !/^https?:\/\/[^\s\\]+$/.test(signInPage) && 'forwardAuth.signInPage must be an http(s) address'
  ].filter((problem) => problem !== false)
}
