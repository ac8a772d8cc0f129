import { getUser } from 'supertokens-node'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import type { RecipeInterface, SessionClaimValidator } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { enrolmentsOff } from './factors/records.js'
import type { Factor } from './factor.js'
import { readMetadata, updateMetadata } from './records.js'

/**
 * Who needs a second factor where it is enforced globally. Whoever has enrolled one needs it in any case, and `require2FA`
 * needs one of everybody.
 *
 * - `everyone`.
 * - `unless-exempt`: everyone but users for whom `setSecondFactorRequirement` says `optional`.
 * - `enrolled`: who has enrolled one, and users for whom it says `required`.
 * - `{ roles }`: who has one of these roles, and the same.
 */
export type SecondFactorRequirement = 'everyone' | 'unless-exempt' | 'enrolled' | { roles: readonly string[] }

type Payload = Record<string, unknown>

/** Key of the user's metadata, for one user's own rule. */
export const RULE = 'fastify-2fa:second-factor'
/** Key of the payload of a session whose user need not pass a second factor. Only this plugin sets it. */
const OPTIONAL = '2fa-optional'

const rolesOf = (requirement: SecondFactorRequirement): readonly string[] => typeof requirement === 'object' ? requirement.roles : []

/** Whether a user's second factor is optional, before anything is enrolled. */
async function isOptional (requirement: SecondFactorRequirement, userId: string, tenantId: string, userContext: UserContext): Promise<boolean> {
  const { [RULE]: rule } = await readMetadata(userId, userContext)
  if (requirement === 'unless-exempt') return rule === 'optional'
  if (rule === 'required') return false
  const roles = rolesOf(requirement)
  if (roles.length === 0) return true
  const held = await UserRoles.getRolesForUser(tenantId, userId, userContext)
  return !held.roles.some((role) => roles.includes(role))
}

/**
 * Marks sessions whose user may do without a second factor.
 *
 * Decided when the session is created, since nothing can be enrolled without ending it. Roles are looked at again with each
 * request, in the token and no older than `rolesMaxAge`: a user who becomes an administrator needs the factor at once.
 */
export function createRequirement (requirement: SecondFactorRequirement, factors: readonly Factor[]) {
  const roles = rolesOf(requirement)
  const isOff = enrolmentsOff(factors)

  function isNeeded (payload: Payload): boolean {
    if (payload[OPTIONAL] !== true) return true
    const held: unknown = UserRoles.UserRoleClaim.getValueFromPayload(payload as never, {} as UserContext)
    return roles.length > 0 && !(Array.isArray(held) && !held.some((role) => roles.includes(String(role))))
  }

  /** The payload of a new session: nothing that an app puts there exempts a user. */
  async function marked (input: Parameters<RecipeInterface['createNewSession']>[0]): Promise<Payload> {
    const { [OPTIONAL]: _forged, ...payload } = (input.accessTokenPayload ?? {}) as Payload
    if (requirement === 'everyone') return payload
    const { userId, recipeUserId, tenantId, userContext } = input
    if (!await isOptional(requirement, userId, tenantId, userContext) || isOff(await readMetadata(userId, userContext))) return payload
    const subject = { userId, recipeUserId: recipeUserId.getAsString() }
    const states = await Promise.all(factors.map((factor) => factor.state(subject, userContext)))
    return states.every(({ state }) => state === 'none') ? { ...payload, [OPTIONAL]: true } : payload
  }

  const validator = (passed: SessionClaimValidator): SessionClaimValidator => ({
    // Fetched again when older than `rolesMaxAge` (`role-claims.ts`).
    ...(roles.length > 0 && { claim: UserRoles.UserRoleClaim, shouldRefetch: () => false }),
    id: passed.id,
    validate: async (payload: Payload, userContext: UserContext) =>
      isNeeded(payload) ? await passed.validate(payload as never, userContext) : { isValid: true }
  }) as SessionClaimValidator

  return {
    marked,
    isNeeded,
    /** Requires the second factor of those who need it. */
    validator: (passed: SessionClaimValidator) => requirement === 'everyone' ? passed : validator(passed)
  }
}

export type Requirement = ReturnType<typeof createRequirement>

/**
 * Sets the rule of one user: `required`, `optional` until something is enrolled, or undefined for that of the app
 * (`secondFactorRequired`). Sessions that exist keep what they were created with; end them where that matters.
 *
 * @returns false when there is no such user
 */
export async function setSecondFactorRequirement (userId: string, rule: 'required' | 'optional' | undefined): Promise<boolean> {
  const user = await getUser(userId)
  if (user === undefined) return false
  await updateMetadata(user.id, { [RULE]: rule ?? null })
  return true
}

/** What is wrong with a requirement; undefined if nothing is. */
export function requirementProblem (value: unknown): string | undefined {
  if (value === undefined || value === 'everyone' || value === 'unless-exempt' || value === 'enrolled') return undefined
  const roles: unknown = typeof value === 'object' && value !== null && 'roles' in value && Object.keys(value).length === 1 ? value.roles : undefined
  const isList = Array.isArray(roles) && roles.length > 0 && roles.every((role) => typeof role === 'string' && role !== '')
  return isList ? undefined : 'secondFactorRequired must be everyone, unless-exempt, enrolled, or { roles } with at least one role'
}
