import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { ChangeUnderWay, LastFactor } from '../errors.js'
import { endOtherSessions } from '../session/end-sessions.js'
import type { createSecondFactorAudit } from './audit.js'
import { secondFactorValidator } from './claims.js'
import type { SecondFactorLogin } from './factor.js'
import { tellOfChange, type NoticeOptions } from './notices.js'
import type { Policy } from './policy.js'
import { enrolmentsIn, readMetadata } from './records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from './requests.js'
import { takeTurn, type Turn } from './turn.js'

interface ChangesOptions {
  claim: BooleanClaim
  requests: SecondFactorRequests
  policy: Policy
  events: ReturnType<typeof createSecondFactorAudit>
  notices: NoticeOptions
}

/** What owners see and change of what they have enrolled, beside signing in with it. */
export function createChanges ({ claim, requests, policy, events, notices }: ChangesOptions): Pick<SecondFactorLogin, 'list' | 'remove' | 'forget' | 'replace' | 'requireFresh' | 'requireOwner'> {
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

  async function requireOwner (call: FactorCall): Promise<SecondFactorRequest> {
    const request = await requests.open(call)
    if (!policy.hasNone(await policy.statesOf(request, call.userContext))) await requirePassed(request, call.userContext)
    return request
  }

  async function turnOf ({ session }: SecondFactorRequest, userContext: UserContext): Promise<Turn> {
    const turn = await takeTurn(session.getUserId(), userContext)
    if (turn === undefined) throw new ChangeUnderWay()
    return turn
  }

  return {
    requireFresh,
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

    async replace (factor, call, make) {
      const request = await requireFresh(call)
      // One at a time: making codes takes the threads that passwords are hashed on.
      const turn = await turnOf(request, call.userContext)
      const { value, shown, others } = await make(turn.metadata)
      await turn.end({ ...others, [factor.record]: value })
      await endOtherSessions(request.session, call.userContext, { marked: true })
      events.enrolled(factor, call.userContext)
      return shown
    },

    async remove (factor, call, id) {
      const { userContext } = call
      const request = await requireFresh(call)
      const key = `${factor.record}:${id}`
      const turn = await turnOf(request, userContext)
      if (turn.metadata[key] === undefined) {
        await turn.end()
        return false
      }
      // Decided before anything is removed, and while nothing else can be: whoever has the password may enrol a factor at
      // any moment in which the account has none.
      const isOnlyOne = enrolmentsIn(turn.metadata, factor.record).length === 1
      if (isOnlyOne && policy.enrolledIn(await policy.statesOf(request, userContext)).every((one) => one.id === factor.id)) {
        await turn.end()
        throw new LastFactor()
      }
      await turn.end({ [key]: null })
      await endOtherSessions(request.session, userContext, { marked: true })
      events.removed(factor, userContext)
      tellOfChange(notices, 'removed', request.session.getUserId(), userContext)
      return true
    }
  }
}
