import type { ResolvedOptions } from '../options/resolve.js'
import { getTopLevelDomainForSameSiteResolution } from '../supertokens/sdk-internals.js'

/** What browsers compare for SameSite: scheme and registrable domain. */
function siteOf (url: string): string {
  return `${new URL(url).protocol}//${getTopLevelDomainForSameSiteResolution(url)}`
}

/**
 * The anti-CSRF rule, one for every request.
 *
 * Left to itself the SDK decides by the website that asks, and a request from nobody's website counts as one of the first of ours: where
 * that is of the API's own site and another one is not, anybody could use the cookies of the latter's users, which are SameSite=None.
 */
export function antiCsrfOf ({ antiCsrf, appInfo: { apiDomain, websiteDomains } }: ResolvedOptions): ResolvedOptions['antiCsrf'] {
  if (antiCsrf !== undefined) return antiCsrf
  return websiteDomains.every((domain) => siteOf(domain) === siteOf(apiDomain)) ? undefined : 'VIA_CUSTOM_HEADER'
}
