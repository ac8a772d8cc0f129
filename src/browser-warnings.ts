import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { siteOf } from './session/anti-csrf.js'

/** Anyone can send any number of names: so many of a kind are remembered and logged, and then no more. */
const MAX_NAMED = 50

interface BrowserWarningsOptions {
  log: Pick<FastifyBaseLogger, 'warn'>
  /** Public origin of the service. */
  apiDomain: string
  websites: readonly string[]
  /** Request headers that browsers may send, in lower case. */
  requestHeaders: readonly string[]
  /** Whether requests with session cookies need a `rid` header. */
  needsRid: boolean
}

type Warn = (fields: { origin: string, header?: string }, message: string) => void

/** Makes what a client wrote fit for a log: browsers send a scheme, a host and a port, everyone else anything. */
function shown (text: string): string {
  return text.slice(0, 100).replaceAll(/[^\w.:/[\]-]/g, '?')
}

function hostOf (origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** A name such as a container's is of no site: it has no public suffix. */
function isSameSite (one: string, other: string): boolean {
  try {
    return siteOf(one) === siteOf(other)
  } catch {
    return false
  }
}

/** Logs each origin, or each header of an origin, once. */
function once (log: Pick<FastifyBaseLogger, 'warn'>, what: string): Warn {
  const named = new Set<string>()
  return (fields, message) => {
    const key = Object.values(fields).join(' ')
    if (named.size === MAX_NAMED || named.has(key)) return
    named.add(key)
    log.warn(fields, message)
    if (named.size === MAX_NAMED) log.warn(`${MAX_NAMED} ${what}. No more of them are named until the next start`)
  }
}

const isPreflight = (method: string, headers: IncomingHttpHeaders): boolean => method === 'OPTIONS' && headers['access-control-request-method'] !== undefined

/**
 * Warns when a browser is about to refuse something, once for each website. Browsers tell the page only that something
 * failed, or that nobody is signed in, so the log is where a developer finds out why.
 */
export function createBrowserWarnings ({ log, apiDomain, websites, requestHeaders, needsRid }: BrowserWarningsOptions) {
  const own = new URL(apiDomain).origin
  const warnOfOrigin = once(log, 'websites that are not in WEBSITE_DOMAIN have called')
  const warnOfHeader = once(log, 'request headers were refused')
  const warnOfSite = once(log, 'websites are on another site than their name of the service')
  const warnOfRid = once(log, 'websites send no rid header')

  function seeHeaders (origin: string, asked: string | undefined): void {
    for (const header of (asked ?? '').toLowerCase().split(',').map((name) => name.trim())) {
      if (header === '' || requestHeaders.includes(header)) continue
      warnOfHeader({ origin, header: shown(header) }, `browsers refuse to call this service for ${origin}, because the page sends the request header ${shown(header)}. Allowed are ${requestHeaders.join(', ')}`)
    }
  }

  return {
    see (method: string, headers: IncomingHttpHeaders): void {
      const { origin, host, cookie = '' } = headers
      // Pages of the service itself need no CORS.
      if (origin === undefined || origin === own || hostOf(origin) === host?.toLowerCase()) return
      if (!websites.includes(origin)) {
        const name = shown(origin)
        warnOfOrigin({ origin: name }, `browsers refuse the website ${name} the answers of this service. If it is yours, add it to WEBSITE_DOMAIN (appInfo.websiteDomains)`)
        return
      }
      if (isPreflight(method, headers)) {
        seeHeaders(origin, headers['access-control-request-headers'])
        return
      }
      // Cookies of one site are SameSite=Lax. By another name for the same machine, the browser takes it for two sites.
      if (headers['st-auth-mode'] === 'cookie' && headers['sec-fetch-site'] === 'cross-site' && isSameSite(origin, apiDomain)) {
        warnOfSite({ origin }, `browsers keep no session cookies for ${origin}, because they take it and the name that it calls this service by for two sites. Use ${apiDomain} in its code, and a website of the same site in the address bar, such as localhost for both`)
      }
      // A request from another website is named above, so this is a page that forgets the header.
      if (needsRid && headers.rid === undefined && headers.authorization === undefined && !['GET', 'HEAD'].includes(method) && /\bs(Access|Refresh)Token=/.test(cookie)) {
        warnOfRid({ origin }, `requests of ${origin} have session cookies but no rid header, so they are refused as forgeries of another website (ANTI_CSRF). Send "rid: anti-csrf" with every request`)
      }
    }
  }
}
