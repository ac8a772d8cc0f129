import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { Factor, FactorEndpoint, MfaInfo } from './factor.js'
import { MFA_CLAIM, mfaIdOf } from './passed.js'
import type { Policy, States } from './policy.js'
import type { Requirement } from './requirement.js'
import type { FactorCall, SecondFactorRequests } from './requests.js'

interface MfaInfoOptions {
  factors: readonly Factor[]
  requests: SecondFactorRequests
  policy: Policy
  claim: BooleanClaim
  requirement: Requirement
}

/** The choice among factors, as SuperTokens' own MFA recipe offers it. */
export function createMfaInfo ({ factors, requests, policy, claim, requirement }: MfaInfoOptions) {
  const strongestFirst = factors.toSorted((a, b) => b.strength - a.strength)

  function contactsIn (states: States, kind: 'emails' | 'phoneNumbers'): Record<string, string[]> {
    const known = factors.map((factor) => [mfaIdOf(factor), factor.contacts?.(states.get(factor.id)!)[kind]] as const)
    return Object.fromEntries(known.filter((entry): entry is [string, string[]] => entry[1] !== undefined))
  }

  return async function mfaInfo (call: FactorCall): Promise<MfaInfo> {
    const { userContext } = call
    const request = await requests.open(call)
    const isIn = claim.getValueFromPayload(request.payload, userContext) === true || !requirement.isNeeded(request.payload)
    const states = await policy.statesOf(request, userContext)
    const enrolled = strongestFirst.filter(({ id }) => states.get(id)?.state === 'enrolled')
    const allowed = strongestFirst.filter((factor) => factor.isBackup !== true && policy.mayEnrol(states, factor, request, userContext) !== undefined)
    // Recovery codes are for those who cannot pass any other factor: pages offer them apart.
    const choice = enrolled.filter(({ isBackup }) => isBackup !== true)
    // A session from before this claim existed. Stock frontends ask for it again and again.
    if (request.payload[MFA_CLAIM] === undefined) await request.session.mergeIntoAccessTokenPayload({ [MFA_CLAIM]: { c: {}, v: isIn } }, userContext)
    const next = isIn ? [] : choice.length > 0 ? choice : allowed
    return {
      status: 'OK',
      factors: { next: next.map(mfaIdOf), alreadySetup: enrolled.map(mfaIdOf), allowedToSetup: allowed.map(mfaIdOf) },
      emails: contactsIn(states, 'emails'),
      phoneNumbers: contactsIn(states, 'phoneNumbers')
    }
  }
}

/** Served beside the endpoints of factors. */
export const mfaInfoEndpoint: FactorEndpoint = {
  method: 'PUT',
  path: '/mfa/info',
  handle: (login, call) => login.info(call)
}
