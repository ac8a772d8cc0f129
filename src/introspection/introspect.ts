import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { PermissionClaim, UserRoleClaim } from 'supertokens-node/recipe/userroles'
import type { UserContext } from 'supertokens-node/types'
import { secondFactorValidator } from '../second-factor/claims.js'
import { authenticatedAt } from '../second-factor/passed.js'
import { isEnded } from '../session/ended.js'
import { isOld } from '../session/role-claims.js'
import { JWT } from '../session/verified-token.js'

/** What is said of an access token (RFC 7662, section 2.2). */
export type Introspection = { active: false } | {
  active: true
  token_type: 'Bearer'
  /** The user's id. */
  sub: string
  /** Seconds since 1970, as all times here. */
  exp: number
  iat: number
  iss?: string
  /** The session's handle. Stays the same when the token is refreshed. */
  sid: string
  tenant_id: string
  /** Whether the second factor has passed. False only for whoever asks for sessions without it. */
  second_factor: boolean
  /** The strongest second factor that has passed, such as `urn:fastify-2fa:sms` (RFC 9470). */
  acr?: string
  /** Methods (RFC 8176), such as `["pwd", "otp", "sms", "mfa"]`. */
  amr?: string[]
  /** When a factor last passed. */
  auth_time?: number
  roles: string[]
  /** Permissions of these roles, separated by spaces. */
  scope: string
}

/** The same for everything that is not valid: why is nobody's business. */
const INACTIVE: Introspection = { active: false }

interface IntrospectOptions {
  claim: BooleanClaim
  /** Maximum age of roles in the token, in seconds. */
  rolesMaxAge: number
}

type Payload = Record<string, unknown>

const textIn = (payload: Payload, key: string): string | undefined => typeof payload[key] === 'string' ? payload[key] : undefined

function textsIn (payload: Payload, key: string): string[] | undefined {
  const value = payload[key]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
}

/**
 * Says what an access token stands for. The Core confirms that its session still exists, each time.
 *
 * A token is active only if its session has passed the second factor, and whatever else is required of all sessions:
 * services that look at nothing but `active` must not admit somebody who knows a password only.
 */
export function createIntrospection ({ claim, rolesMaxAge }: IntrospectOptions) {
  const passed = secondFactorValidator(claim)

  /** The roles in the token, or as the Core has them now if those are old. */
  async function held (roleClaim: typeof UserRoleClaim | typeof PermissionClaim, session: SessionContainerInterface, userContext: UserContext): Promise<string[]> {
    const payload = session.getAccessTokenPayload(userContext)
    if (!isOld(roleClaim, payload, rolesMaxAge, userContext)) return roleClaim.getValueFromPayload(payload, userContext) ?? []
    return await roleClaim.fetchValue(session.getUserId(userContext), session.getRecipeUserId(userContext), session.getTenantId(userContext), payload, userContext) ?? []
  }

  /** The session of a token; undefined if it has none that may be told of. */
  async function sessionOf (token: string, needsSecondFactor: boolean, userContext: UserContext): Promise<SessionContainerInterface | undefined> {
    try {
      return await Session.getSessionWithoutRequestResponse(token, undefined, {
        // It comes from another service, which has done that check.
        antiCsrfCheck: false,
        checkDatabase: true,
        overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), ...(needsSecondFactor ? [passed] : [])]
      }, userContext)
    } catch (err) {
      if (Session.Error.isErrorFromSuperTokens(err)) return undefined
      throw err
    }
  }

  /**
   * @param needsSecondFactor false tells of sessions as well that have passed the first factor only
   * @throws AUTH_CORE_UNAVAILABLE when the Core cannot confirm it
   */
  return async function introspect (token: string, needsSecondFactor: boolean): Promise<Introspection> {
    // The SDK decodes leniently: what is spelt otherwise would make its parser fail rather than refuse.
    if (!JWT.test(token)) return INACTIVE
    const userContext = {} as UserContext
    const session = await sessionOf(token, needsSecondFactor, userContext)
    if (session === undefined) return INACTIVE
    const payload = session.getAccessTokenPayload(userContext) as Payload
    const { exp, iat } = payload
    if (isEnded(session.getHandle(userContext), payload) || typeof exp !== 'number' || typeof iat !== 'number') return INACTIVE
    const [roles, permissions] = await Promise.all([held(UserRoleClaim, session, userContext), held(PermissionClaim, session, userContext)])
    const [iss, acr, amr, authTime] = [textIn(payload, 'iss'), textIn(payload, 'acr'), textsIn(payload, 'amr'), authenticatedAt(payload)]
    return {
      active: true,
      token_type: 'Bearer',
      sub: session.getUserId(userContext),
      exp,
      iat,
      ...(iss !== undefined && { iss }),
      sid: session.getHandle(userContext),
      tenant_id: session.getTenantId(userContext),
      second_factor: claim.getValueFromPayload(payload, userContext) === true,
      ...(acr !== undefined && { acr }),
      ...(amr !== undefined && { amr }),
      ...(authTime !== undefined && { auth_time: authTime }),
      roles,
      scope: permissions.join(' ')
    }
  }
}

export type Introspect = ReturnType<typeof createIntrospection>
