import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import type { Undo } from '../account/undo.js'
import { FreshFactorNeeded, LastFactor, WeakerFactor } from '../errors.js'
import { endOtherSessions } from '../session/end-sessions.js'
import type { createSecondFactorAudit } from './audit.js'
import { secondFactorValidator } from './claims.js'
import type { Factor, SecondFactorLogin } from './factor.js'
import { tellOfChange, type NoticeOptions } from './notices.js'
import type { Policy } from './policy.js'
import type { NoticeName } from './notice-texts.js'
import { enrolmentsIn, readMetadata, type Metadata } from './records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from './requests.js'
import { subjectOf } from './state.js'
import { requireTurn, type Turn } from './turn.js'

interface ChangesOptions {
  claim: BooleanClaim
  requests: SecondFactorRequests
  policy: Policy
  events: ReturnType<typeof createSecondFactorAudit>
  notices: NoticeOptions
  undo: Undo
}

/** What owners see and change of what they have enrolled, beside signing in with it. */
export function createChanges ({ claim, requests, policy, events, notices, undo }: ChangesOptions): Pick<SecondFactorLogin, 'list' | 'remove' | 'forget' | 'replace' | 'requireFresh' | 'requireFreshIfAny' | 'requireOwner'> {
  /** A thief with the password does not learn which devices there are. */
  async function requirePassed ({ session }: SecondFactorRequest, userContext: UserContext): Promise<void> {
    await session.assertClaims([secondFactorValidator(claim)], userContext)
  }

  async function requireFresh (call: FactorCall): Promise<SecondFactorRequest> {
    const request = await requests.open(call)
    await requirePassed(request, call.userContext)
    await policy.requireMayChange(request, call.userContext)
    return request
  }

  async function requireFreshIfAny (call: FactorCall): Promise<SecondFactorRequest & { hasFactor: boolean }> {
    const request = await requests.open(call)
    const states = await policy.statesOf(request, call.userContext)
    const hasFactor = !policy.hasNone(states)
    if (hasFactor && !policy.vouches(states, request, call.userContext)) throw new FreshFactorNeeded()
    return { ...request, hasFactor }
  }

  async function requireOwner (call: FactorCall): Promise<SecondFactorRequest> {
    const request = await requests.open(call)
    if (!policy.hasNone(await policy.statesOf(request, call.userContext))) await requirePassed(request, call.userContext)
    return request
  }

  /** Writes the change that the turn is for, and tells the owner of it, with a link that undoes it. */
  async function make (turn: Turn, change: Metadata, name: NoticeName, { session }: SecondFactorRequest, userContext: UserContext): Promise<void> {
    const offered = await undo.offer({ name, subject: subjectOf(session), metadata: turn.metadata }, userContext)
    const written = await turn.end({ ...change, ...offered?.record })
    await endOtherSessions(session, userContext, { marked: true })
    tellOfChange(notices, name, session.getUserId(), userContext, { undo: offered?.written(written) })
  }

  /**
   * Decided before anything is removed, and while nothing else can be: whoever has the password may enrol a factor at any
   * moment in which the account has none.
   */
  async function requireAnother (factor: Factor, isSingle: boolean, request: SecondFactorRequest, userContext: UserContext): Promise<void> {
    const others = policy.enrolledIn(await policy.statesOf(request, userContext)).filter(({ id }) => id !== factor.id)
    if (others.length === 0) throw new LastFactor()
    // A pinned phone is what codes fall back to: a thief of the mailbox, who has passed with it, must not take it away.
    if (isSingle && others.every(({ strength }) => strength < factor.strength)) throw new WeakerFactor()
  }

  return {
    requireFresh,
    requireFreshIfAny,
    requireOwner,

    async list (factor, call) {
      const { session } = await requireOwner(call)
      return enrolmentsIn(await readMetadata(session.getUserId(), call.userContext), factor.record)
    },

    async forget (factor, call, challengeId) {
      const request = await requests.open(call)
      const { challenge } = request
      if (challengeId === undefined || challenge?.factor !== factor.id || challenge.id !== challengeId) return false
      await requests.release(request, call.userContext)
      return true
    },

    async replace (factor, call, renew) {
      const request = await requireFresh(call)
      // One at a time: making codes takes the threads that passwords are hashed on.
      const turn = await requireTurn(request.session.getUserId(), call.userContext)
      const { value, shown, others } = await renew(turn.metadata)
      await make(turn, { ...others, [factor.record]: value }, 'recovery-codes-made', request, call.userContext)
      events.enrolled(factor, call.userContext)
      return shown
    },

    async remove (factor, call, id) {
      const { userContext } = call
      const request = await requireFresh(call)
      const key = id === undefined ? factor.record : `${factor.record}:${id}`
      const turn = await requireTurn(request.session.getUserId(), userContext)
      if (turn.metadata[key] === undefined) {
        await turn.end()
        return false
      }
      try {
        const isOnlyOne = id === undefined || enrolmentsIn(turn.metadata, factor.record).length === 1
        if (isOnlyOne) await requireAnother(factor, id === undefined, request, userContext)
      } catch (err) {
        await turn.end()
        throw err
      }
      await make(turn, { [key]: null }, 'factor-removed', request, userContext)
      events.removed(factor, userContext)
      if (factor.payloadKeys !== undefined) await request.session.mergeIntoAccessTokenPayload(Object.fromEntries(factor.payloadKeys.map((one) => [one, null])), userContext)
      return true
    }
  }
}
