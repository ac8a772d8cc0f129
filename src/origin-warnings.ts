import type { FastifyBaseLogger } from 'fastify'

/** Anyone can send any number of origins: so many are remembered and named, and then no more. */
const MAX_ORIGINS = 50

interface OriginWarningsOptions {
  log: Pick<FastifyBaseLogger, 'warn'>
  /** Origins that need no warning: the websites, and the service itself. */
  allowed: readonly string[]
}

/** Makes an origin fit for a log: browsers send a scheme, a host and a port, everyone else anything. */
function shown (origin: string): string {
  return origin.slice(0, 100).replaceAll(/[^\w.:/[\]-]/g, '?')
}

function hostOf (origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/**
 * Warns about websites that are not configured, once for each. Browsers tell the page only that something failed, so the
 * log is where a developer finds out that WEBSITE_DOMAIN is wrong.
 */
export function createOriginWarnings ({ log, allowed }: OriginWarningsOptions) {
  const known = new Set(allowed)
  let left = MAX_ORIGINS

  return {
    /** @param host the request's own, whose pages need no CORS */
    see (origin: string | undefined, host: string | undefined): void {
      if (origin === undefined || left === 0 || known.has(origin) || hostOf(origin) === host?.toLowerCase()) return
      const name = shown(origin)
      if (known.has(name)) return
      known.add(name)
      left -= 1
      log.warn({ origin: name }, `browsers refuse the website ${name} the answers of this service. If it is yours, add it to WEBSITE_DOMAIN (appInfo.websiteDomains)`)
      if (left === 0) log.warn(`${MAX_ORIGINS} websites that are not in WEBSITE_DOMAIN have called. No more of them are named until the next start`)
    }
  }
}
