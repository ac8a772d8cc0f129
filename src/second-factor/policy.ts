import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { EnrolmentRefused } from '../errors.js'
import { isGranted } from '../account/recovery-record.js'
import { enrolmentsOff } from './factors/records.js'
import { EMAIL_RECORD } from './factors/email/pinned-address.js'
import type { Factor } from './factor.js'
import { subjectOf, type FactorState, type FindState } from './state.js'
import { passedAt } from './passed.js'
import { readMetadata } from './records.js'
import type { SecondFactorRequest } from './requests.js'

/** How fresh a second factor must be to change what is enrolled, in milliseconds. */
const FRESH_MS = 5 * 60_000

/** On which terms a factor may be enrolled. */
export interface EnrolmentTerms {
  /** Whether the account has no factor yet. */
  isFirst: boolean
  /** Which records must be absent; see `enrolment.ts`. */
  absent: readonly string[]
  /** Whether it takes the place of all that is enrolled. */
  replacesAll?: true
}

/** Stands in a user's states for all factors that are switched off, if one is enrolled. No factor can have this id. */
const OFF = '(off)'
/** The same for a session that finishes a recovery: to it, nothing is enrolled. */
const RECOVERED = '(recovered)'

/** What a user has enrolled, by id of the factor. */
export type States = ReadonlyMap<string, FactorState>

/**
 * Decides who may change what an account has enrolled. Without this, a thief with the password would enrol a second factor
 * that the owner does not have yet, and pass with that one; and a thief of the phone would add or remove what is stronger
 * than the phone.
 *
 * - Nothing is enrolled: anyone with the first factor may enrol (trust on first use; see docs/second-factor.md).
 * - Something is enrolled: only a session that passed, within the last five minutes, a factor that is still enrolled and at
 *   least as strong as the strongest one. A recovery code stands in for any of them.
 * - Something is broken: nobody may.
 * - All that is enrolled is of factors that are switched off: only who has used a recovery code. Otherwise a list of factors
 *   that gets shorter would give accounts to whoever has their passwords.
 * - A recovery has come to its end in this session: it may enrol one, in place of all that there are, whatever their state
 *   (`src/account/recovery.ts`). Not the mailbox, by which it was recovered.
 *
 * @param recovers whether accounts can be recovered
 */
export function createPolicy (factors: readonly Factor[], claim: BooleanClaim, recovers: boolean) {
  const isOff = enrolmentsOff(factors)
  // Recovery codes that have outlived the factors stand in nobody's way.
  const everyRecord = factors.filter(({ isBackup }) => isBackup !== true).map(({ record }) => record)

  async function isRecovering ({ session }: Pick<SecondFactorRequest, 'session'>, userContext: UserContext): Promise<boolean> {
    return recovers && isGranted(await readMetadata(session.getUserId(), userContext), session.getHandle())
  }

  /** @param known the state of one of them, which is not asked for again */
  async function statesOf (request: SecondFactorRequest, userContext: UserContext, known?: { factor: Factor, state: FactorState }): Promise<States> {
    const { session } = request
    if (await isRecovering(request, userContext)) return new Map([...factors.map(({ id }) => id), RECOVERED].map((id) => [id, { state: 'none' } as const]))
    const ask = async (factor: Factor): Promise<FactorState> => factor.id === known?.factor.id ? known.state : await factor.state(subjectOf(session), userContext)
    const states = new Map(await Promise.all(factors.map(async (factor) => [factor.id, await ask(factor)] as const)))
    return isOff(await readMetadata(session.getUserId(), userContext)) ? states.set(OFF, { state: 'enrolled' }) : states
  }

  const isEnrolled = (states: States) => ({ id }: Factor): boolean => states.get(id)?.state === 'enrolled'
  const hasBroken = (states: States): boolean => [...states.values()].some(({ state }) => state === 'broken')

  /** What counts as the account's second factors. */
  function enrolledIn (states: States): Factor[] {
    return factors.filter(({ isBackup }) => isBackup !== true).filter(isEnrolled(states))
  }

  function passedJustNow ({ payload }: SecondFactorRequest, factor: Factor, userContext: UserContext): boolean {
    // The claim counts too: an app that takes it away ends what the session may do.
    if (claim.getValueFromPayload(payload, userContext) !== true) return false
    const age = Date.now() - (passedAt(payload, factor) ?? -Infinity)
    return age <= FRESH_MS
  }

  /** Whether the session may change what is enrolled. */
  function vouches (states: States, request: SecondFactorRequest, userContext: UserContext): boolean {
    if (hasBroken(states)) return false
    const strongest = Math.max(...enrolledIn(states).map(({ strength }) => strength))
    return factors.filter(isEnrolled(states)).filter((factor) => passedJustNow(request, factor, userContext))
      .some(({ isBackup, strength }) => isBackup === true || strength >= strongest)
  }

  function mayEnrol (states: States, factor: Factor, request: SecondFactorRequest, userContext: UserContext): EnrolmentTerms | undefined {
    if (states.has(RECOVERED)) return factor.isBackup === true || factor.record === EMAIL_RECORD ? undefined : { isFirst: true, absent: [], replacesAll: true }
    if (hasBroken(states)) return undefined
    if (enrolledIn(states).length === 0 && !states.has(OFF)) return { isFirst: true, absent: everyRecord }
    if (isEnrolled(states)(factor) && factor.severalIds === undefined) return undefined
    if (!vouches(states, request, userContext)) return undefined
    return { isFirst: false, absent: factor.severalIds === undefined ? [factor.record] : [] }
  }

  return {
    statesOf,
    enrolledIn,
    mayEnrol,

    vouches,

    /** The state of one factor, as this session may know it. */
    async stateOf (factor: Factor, request: Pick<SecondFactorRequest, 'session'>, userContext: UserContext, how?: Parameters<FindState>[2]): Promise<FactorState> {
      return await isRecovering(request, userContext) ? { state: 'none' } : await factor.state(subjectOf(request.session), userContext, how)
    },

    /**
     * Whether the account has no second factor: none that works, is broken or is switched off. Then there is nothing to hide
     * from whoever has its first factor.
     */
    hasNone: (states: States): boolean => !hasBroken(states) && enrolledIn(states).length === 0 && !states.has(OFF) && !states.has(RECOVERED),

    /** @throws AUTH_ENROLMENT_REFUSED */
    async requireMayEnrol (factor: Factor, state: FactorState, request: SecondFactorRequest, userContext: UserContext): Promise<EnrolmentTerms> {
      const terms = mayEnrol(await statesOf(request, userContext, { factor, state }), factor, request, userContext)
      if (terms === undefined) throw new EnrolmentRefused()
      return terms
    },

    /**
     * For every other change of what is enrolled.
     *
     * @throws AUTH_ENROLMENT_REFUSED
     */
    async requireMayChange (request: SecondFactorRequest, userContext: UserContext): Promise<void> {
      if (!vouches(await statesOf(request, userContext), request, userContext)) throw new EnrolmentRefused()
    }
  }
}

export type Policy = ReturnType<typeof createPolicy>
