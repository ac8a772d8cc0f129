import { isKnownBrowser, KNOWN_BROWSER } from '../account/known-browser-claim.js'
import { secondsOf } from '../options/seconds.js'
import { claimIn, reasonAgainst, type Demand } from '../second-factor/demand.js'
import { demandProblems, type DemandOptions } from '../session/demand-options.js'
import { demandIn, VerifierOptionsInvalid, type ResolvedVerifierOptions } from './options.js'
import { invalidClaims, TRY_REFRESH_TOKEN, type ClaimError, type Refusal } from './refusals.js'

type Payload = Readonly<Record<string, unknown>>

/** Names of factors in a payload, where those differ from their ids. A mailed code or link, as the service has it. */
const MFA_IDS: Record<string, readonly string[]> = { sms: ['otp-phone'], passkey: ['webauthn'], email: ['otp-email', 'link-email'] }

const ROLES = 'st-role'
const PERMISSIONS = 'st-perm'
const EMAIL_VERIFIED = 'st-ev'

/** Why a list in the payload does not hold all that is wanted; undefined if it does. */
function listError (payload: Payload, id: string, wanted: readonly string[] | undefined): ClaimError | undefined {
  const held = claimIn(payload, id)?.v
  if (wanted === undefined || (Array.isArray(held) && wanted.every((one) => held.includes(one)))) return undefined
  const message = held === undefined ? 'value does not exist' : 'wrong value'
  return { id, reason: { message, expectedToInclude: wanted, ...(held !== undefined && { actualValue: held }) } }
}

function addressError (payload: Payload): ClaimError | undefined {
  const actualValue = claimIn(payload, EMAIL_VERIFIED)?.v
  return actualValue === true ? undefined : { id: EMAIL_VERIFIED, reason: { message: 'wrong value', expectedValue: true, ...(actualValue !== undefined && { actualValue }) } }
}

/**
 * Creates the check of a demand: what a token's payload must say at a time. Undefined admits it.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt, so that no route asks for less than was meant
 */
export function checkOf (options: ResolvedVerifierOptions, added: DemandOptions = {}): (payload: Payload, now: number) => Refusal | undefined {
  const problems = [...demandProblems(added, '')]
  if (problems.length > 0) throw new VerifierOptionsInvalid(problems)
  const { maxAge, factors, acceptKnownBrowser = false, roles, permissions }: DemandOptions = { ...demandIn(options as DemandOptions), ...added }
  if (acceptKnownBrowser && factors !== undefined) throw new VerifierOptionsInvalid([...demandProblems({ acceptKnownBrowser, factors }, '')])
  const { claim, emailVerified, rolesMaxAge } = options
  const demand: Demand = {
    maxAge: maxAge === undefined ? undefined : secondsOf(maxAge)!,
    factors: factors?.flatMap((id) => (MFA_IDS[id] ?? [id]).map((mfaId) => ({ id, mfaId })))
  }

  function secondFactorError (payload: Payload, now: number): ClaimError | undefined {
    if (acceptKnownBrowser && isKnownBrowser(claimIn(payload, KNOWN_BROWSER), demand.maxAge, now)) return undefined
    const reason = reasonAgainst(claim, payload, demand, now)
    // Without a limit, the service takes a missing claim for false.
    const isMissing = demand.maxAge === undefined && factors === undefined && reason?.message === 'wrong value' && !('actualValue' in reason)
    return reason && { id: claim, reason: isMissing ? { ...reason, actualValue: false } : reason }
  }

  /** A time in the future proves nothing. */
  function isOld (payload: Payload, key: string, now: number): boolean {
    const time = claimIn(payload, key)?.t
    return !(typeof time === 'number' && Math.abs(now - time) <= rolesMaxAge * 1000)
  }

  return (payload, now) => {
    const errors = [
      emailVerified ? addressError(payload) : undefined,
      secondFactorError(payload, now),
      listError(payload, ROLES, roles),
      listError(payload, PERMISSIONS, permissions)
    ].filter((error) => error !== undefined)
    if (errors.length > 0) return invalidClaims(errors, claim)
    // The service would ask the Core whether the user still has them. The refresh does.
    const old = (roles !== undefined && isOld(payload, ROLES, now)) || (permissions !== undefined && isOld(payload, PERMISSIONS, now))
    return old ? TRY_REFRESH_TOKEN : undefined
  }
}
