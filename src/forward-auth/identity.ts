import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { UserRoleClaim } from 'supertokens-node/recipe/userroles'
import type { UserContext } from 'supertokens-node/types'

/** By lower-case names. */
export type IdentityHeaders = Readonly<Record<string, string>>

/** Who has been let through. */
export interface Identity {
  userId: string
  /** Handle of the session. */
  session: string
  acr: string
  amr: readonly string[]
  /** When the second factor passed, in seconds since 1970. */
  authTime: number | undefined
  roles: readonly string[]
  /** Milliseconds since 1970, until which the roles count. */
  until: number
  /** The same as headers. */
  headers: IdentityHeaders
}

/** All headers that say who it is. Each is in every answer that lets a request pass, so that none of a visitor's own survives. */
export const IDENTITY_HEADERS = ['x-auth-user-id', 'x-auth-session', 'x-auth-acr', 'x-auth-amr', 'x-auth-time', 'x-auth-roles', 'x-auth-assertion'] as const

/** Nobody's: for requests that pass without a session. */
export const NOBODY: IdentityHeaders = Object.fromEntries(IDENTITY_HEADERS.map((name) => [name, '']))

/**
 * Makes an id or a name fit for a header: visible ASCII stays, all else is percent-encoded as in URLs, and so are `%` and the
 * comma that separates names. A line end would begin another header (CWE-113).
 */
export function headerText (text: string): string {
  return text.replaceAll(/[^\x21-\x7e]|[%,]/gu, (char) => [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
}

const textsIn = (value: unknown): string[] => Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

interface IdentityOptions {
  claim: BooleanClaim
  /** Seconds. */
  rolesMaxAge: number
}

/**
 * Roles that are as new as a route that checks them would have them. Those in the token may be as old as the token, and a
 * service behind the proxy decides by what it is told.
 */
async function rolesOf (session: SessionContainerInterface, maxAge: number, userContext: UserContext): Promise<{ roles: string[], until: number }> {
  const payload = session.getAccessTokenPayload(userContext)
  const value = UserRoleClaim.getValueFromPayload(payload, userContext)
  if (value === undefined) return { roles: [], until: Infinity }
  const fetchedAt = UserRoleClaim.getLastRefetchTime(payload, userContext) ?? NaN
  if (Math.abs(Date.now() - fetchedAt) <= maxAge * 1000) return { roles: textsIn(value), until: fetchedAt + maxAge * 1000 }
  const fetched = await UserRoleClaim.fetchValue(session.getUserId(userContext), session.getRecipeUserId(userContext), session.getTenantId(userContext), payload, userContext)
  return { roles: textsIn(fetched), until: Date.now() + maxAge * 1000 }
}

/** Says who a session is, once for each verified token. */
export async function identityOf (session: SessionContainerInterface, { claim, rolesMaxAge }: IdentityOptions, userContext: UserContext): Promise<Identity> {
  const payload = session.getAccessTokenPayload(userContext) as Record<string, unknown>
  // The claim has a time as well where it says that none has passed, as behind a known browser.
  const passedAt = claim.getValueFromPayload(payload, userContext) === true ? claim.getLastRefetchTime(payload, userContext) : undefined
  const { roles, until } = await rolesOf(session, rolesMaxAge, userContext)
  const identity = {
    userId: session.getUserId(userContext),
    session: session.getHandle(userContext),
    acr: typeof payload.acr === 'string' ? payload.acr : '',
    amr: textsIn(payload.amr),
    authTime: typeof passedAt === 'number' ? Math.floor(passedAt / 1000) : undefined,
    roles,
    until
  }
  return {
    ...identity,
    headers: {
      'x-auth-user-id': headerText(identity.userId),
      'x-auth-session': headerText(identity.session),
      'x-auth-acr': headerText(identity.acr),
      'x-auth-amr': identity.amr.map(headerText).join(','),
      'x-auth-time': String(identity.authTime ?? ''),
      'x-auth-roles': identity.roles.map(headerText).join(',')
    }
  }
}
