import { createOriginList, createRedirects } from '../hosted-pages/redirect.js'
import { memberOf } from '../members.js'
import { PhoneVerifiedClaim, SecondFactorClaim } from '../second-factor/claims.js'
import type { ResolvedForwardAuth } from './options.js'
import type { Original } from './original.js'

interface PlacesOptions extends Pick<ResolvedForwardAuth, 'origins' | 'signInPage'> {
  /** Public origin of this service. */
  origin: string
  /** Public path of the Frontend Driver Interface. */
  authPath: string
  /** Path of the hosted pages; undefined where there are none. */
  pages: string | undefined
  /** First website, and the path of its authentication pages. */
  website: string
}

/** Why a session was refused, as far as it matters for where the person goes. */
export type Lack = 'session' | 'refresh' | 'second-factor' | 'fresh-factor' | 'other'

const SECOND_FACTOR_CLAIMS: readonly unknown[] = [SecondFactorClaim.key, PhoneVerifiedClaim.key]

/** What a refusal of the guard lacks, by its code and its body. */
export function lackOf (refusal: unknown): Lack | undefined {
  switch (memberOf(refusal, 'code')) {
    case 'AUTH_UNAUTHORISED': return 'session'
    case 'AUTH_REFRESH_NEEDED': return 'refresh'
    case 'AUTH_CLAIMS_INVALID': break
    default: return undefined
  }
  const failed = memberOf(memberOf(refusal, 'body'), 'claimValidationErrors')
  const missing = Array.isArray(failed) ? failed.find((one) => SECOND_FACTOR_CLAIMS.includes(memberOf(one, 'id'))) : undefined
  if (missing === undefined) return 'other'
  return memberOf(memberOf(missing, 'reason'), 'message') === 'wrong value' ? 'second-factor' : 'fresh-factor'
}

/** Origins seen with their allowance. Visitors choose their `Host`, so there is a ceiling. */
const MOST_KNOWN = 1000

/** Where people go who are refused, and where they come back to. */
export function createPlaces ({ origin, origins, signInPage, authPath, pages, website }: PlacesOptions) {
  const targetOf = createRedirects({ origin, websites: [], redirects: origins })
  const isService = createOriginList(origins)
  const known = new Map<string, string | undefined>()

  const withQuery = (address: string, query: Record<string, string | undefined>): string => {
    const url = new URL(address)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    return url.href
  }

  /** Way over a new access token, which browsers without scripts can take; it leads on by the page that meets whoever is in. */
  const refresh = (redirect: string | undefined): string =>
    withQuery(`${origin}${authPath}/session/refresh/page`, { to: `${pages}?${new URLSearchParams(redirect === undefined ? {} : { redirect }).toString()}` })

  return {
    /** The origin in its usual form; undefined if it is not one of the services'. */
    knownOrigin (given: string): string | undefined {
      if (known.has(given)) return known.get(given)
      const url = URL.canParse(given) ? new URL(given) : undefined
      const normal = url !== undefined && isService(url) ? url.origin : undefined
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(given, normal)
      return normal
    },

    /** Where a browser goes; undefined if no page helps. */
    placeFor (lack: Lack, original: Original): string | undefined {
      if (lack === 'other') return undefined
      const redirect = targetOf(original.origin + original.uri)
      if (signInPage !== undefined || pages === undefined) return withQuery(signInPage ?? website, { redirect: redirect === undefined ? undefined : new URL(redirect, origin).href })
      switch (lack) {
        case 'session': return withQuery(origin + (pages || '/'), { redirect })
        case 'refresh': return refresh(redirect)
        case 'second-factor': return withQuery(`${origin}${pages}/second-factor`, { redirect })
        case 'fresh-factor': return withQuery(`${origin}${pages}/second-factor`, { 'once-more': '1', redirect })
      }
    }
  }
}

export type ForwardPlaces = ReturnType<typeof createPlaces>
