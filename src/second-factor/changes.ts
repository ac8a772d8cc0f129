import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { LastFactor } from '../errors.js'
import { endOtherSessions } from '../session/end-sessions.js'
import type { createSecondFactorAudit } from './audit.js'
import { secondFactorValidator } from './claims.js'
import type { SecondFactorLogin } from './factor.js'
import { tellOfChange, type NoticeOptions } from './notices.js'
import type { Policy } from './policy.js'
import { enrolmentsIn, readMetadata, updateMetadata } from './records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from './requests.js'

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
    if (policy.enrolledIn(await policy.statesOf(request, call.userContext)).length > 0) await requirePassed(request, call.userContext)
    return request
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
      const { session } = await requireFresh(call)
      const userId = session.getUserId()
      const { value, shown, others } = await make(await readMetadata(userId, call.userContext))
      await updateMetadata(userId, { ...others, [factor.record]: value }, call.userContext)
      await endOtherSessions(session, call.userContext, { marked: true })
      events.enrolled(factor, call.userContext)
      return shown
    },

    async remove (factor, call, id) {
      const { userContext } = call
      const request = await requireFresh(call)
      const { session } = request
      const key = `${factor.record}:${id}`
      const { [key]: value } = await readMetadata(session.getUserId(), userContext)
      if (value === undefined) return false
      await updateMetadata(session.getUserId(), { [key]: null }, userContext)
      // Looked at afterwards: of two that are removed at the same moment, the later one finds nothing left.
      if (policy.enrolledIn(await policy.statesOf(request, userContext)).length === 0) {
        await updateMetadata(session.getUserId(), { [key]: value }, userContext)
        throw new LastFactor()
      }
      await endOtherSessions(session, userContext, { marked: true })
      events.removed(factor, userContext)
      tellOfChange(notices, 'removed', session.getUserId(), userContext)
      return true
    }
  }
}
