/** Longer ones are nobody's address, and make a header that proxies refuse. */
const LONGEST = 2048

/** An origin; `*.` stands for any host below. A whole top-level domain is nobody's. */
export const isRedirectOrigin = (text: string): boolean => /^https?:\/\/(?:\*\.[a-z0-9-]+\.)?[a-z0-9.-]+(?::\d+)?$/.test(text) && URL.canParse(text.replace('*.', ''))

interface Known {
  /** Public origin of the pages. */
  origin: string
  websites: readonly string[]
  /** Origins; `*.` stands for any host below. */
  redirects: readonly string[]
}

/** Whether a URL's origin is on a list, in which `*.` stands for any host below. */
export function createOriginList (origins: readonly string[]): (url: URL) => boolean {
  const exact = new Set(origins)
  const below = origins.filter((one) => one.includes('*')).map((one) => new URL(one.replace('*.', 'any.')))
  return ({ origin, protocol, hostname, port }) => exact.has(origin) || below.some((wild) =>
    wild.protocol === protocol && wild.port === port && hostname.endsWith(wild.hostname.slice('any'.length)))
}

/**
 * Says where a person may be sent after signing in. An open redirect (CWE-601) lends a phisher the name of this service:
 * the link shows it, the person signs in here, and lands on a copy.
 */
export function createRedirects ({ origin, websites, redirects }: Known) {
  const isKnown = createOriginList([origin, ...websites, ...redirects])

  /**
   * The address as browsers would read it; undefined if it leads to nobody we know. Browsers read `\` as `/`, skip tabs
   * and line ends, and take `//host` for another host, so what is compared is what the URL parser makes of it.
   */
  return function targetOf (given: string): string | undefined {
    if (given === '' || given.length > LONGEST || !URL.canParse(given, origin)) return undefined
    const url = new URL(given, origin)
    if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
    if (!isKnown(url)) return undefined
    if (url.origin !== origin) return url.href
    // `/..//host` is a path here, and an address of another host once it stands alone.
    return url.pathname.startsWith('//') ? undefined : url.pathname + url.search + url.hash
  }
}

export type TargetOf = ReturnType<typeof createRedirects>
