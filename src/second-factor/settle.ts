import { COMPLETED, isGranted } from '../account/recovery-record.js'
import type { OfferedLink, Undo } from '../account/undo.js'
import { endOtherSessions } from '../session/end-sessions.js'
import type { createSecondFactorAudit } from './audit.js'
import { issueWith } from './backup.js'
import type { Challenge } from './challenge.js'
import { enrol, type Enrolled } from './enrolment.js'
import type { Beside, Factor, FactorContext, FactorTypes } from './factor.js'
import { tellOfChange, type NoticeOptions } from './notices.js'
import type { Policy } from './policy.js'
import { recordsWith, removalOf } from './factors/removal.js'
import { readMetadata, type Metadata } from './records.js'
import type { SecondFactorRequest } from './requests.js'
import { subjectOf, type FactorState } from './state.js'
import { appOf } from '../supertokens/sdk.js'

/** What a right answer has enrolled, if anything, by key. */
export interface Settled {
  enrolled?: Enrolled
  beside: Beside
}

interface SettleOptions {
  factors: readonly Factor[]
  policy: Policy
  events: ReturnType<typeof createSecondFactorAudit>
  notices: NoticeOptions
  undo: Undo
}

function enrolmentKey ({ record, severalIds }: Factor, challenge: Challenge): string {
  return severalIds === undefined ? record : `${record}:${severalIds(challenge)}`
}

/** Decides whether a proof belongs to the factor that is enrolled, or enrols it now. Undefined when it does neither. */
export function createSettle ({ factors, policy, events, notices, undo }: SettleOptions) {
  /** Removes all that is enrolled, if a recovery still lets this session do so: it may have been stopped just now. */
  const replacing = ({ session }: SecondFactorRequest) => (metadata: Metadata): Metadata | undefined =>
    isGranted(metadata, session.getHandle()) ? { ...removalOf(recordsWith(factors), metadata), ...COMPLETED } : undefined

  return async function settle<Types extends FactorTypes> (factor: Factor<Types>, { request, userContext }: FactorContext, state: FactorState, challenge: Challenge, proof: Types['proof']): Promise<Settled | undefined> {
    if (state.state === 'enrolled' && challenge.adds !== true) {
      return factor.confirms?.(state, challenge, proof) === false ? undefined : { beside: {} }
    }
    const { absent, isFirst, replacesAll = false } = await policy.requireMayEnrol(factor, state, request, userContext)
    const [userId, value] = [request.session.getUserId(), factor.recordOf(proof, challenge)]
    const { record, shown } = await issueWith({ factor, factors, userId, isFirst }, userContext)
    await factor.beforeRecord?.(proof, userId, userContext)
    let offered: OfferedLink | undefined
    const enrolled = await enrol({
      userId,
      key: enrolmentKey(factor, challenge),
      value,
      along: factor.besideRecord?.(proof),
      absent,
      isFirst,
      beside: record,
      ...(replacesAll && { instead: replacing(request) }),
      async offer (metadata) {
        // With the first one, owners are there themselves.
        if (!isFirst) offered = await undo.offer({ name: 'factor-added', subject: subjectOf(request.session), metadata }, userContext)
        return offered?.record ?? {}
      }
    }, userContext)
    if (enrolled === undefined) return undefined
    // Signs out an intruder who has only the password (ASVS 7.4.3).
    await endOtherSessions(request.session, userContext, { marked: true })
    events.enrolled(factor, userContext)
    if (replacesAll) await appOf(userContext).twoFactor.recovery?.completed(userId, enrolled.before, userContext)
    if (!isFirst) tellOfChange(notices, 'factor-added', userId, userContext, { undo: offered?.written(await readMetadata(userId, userContext)) })
    const isIssued = Object.keys(record).every((key) => enrolled.keys.includes(key))
    // Taken back, the account is as before, and the recovery is over nonetheless: nobody is reminded of it any more.
    const undoable = replacesAll ? { ...enrolled, before: { ...enrolled.before, ...COMPLETED } } : enrolled
    return { enrolled: undoable, beside: isIssued ? shown : {} }
  }
}
