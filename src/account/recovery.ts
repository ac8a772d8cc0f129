import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { AGENDA_USER, channelsIn, planReminders, recoveryKey } from './agenda.js'
import { turnFor } from './contests.js'
import type { MailboxProof, Unproven } from './mailbox-proof.js'
import type { RecoveryNotices } from './recovery-notices.js'
import { endedBy, granted, newRecovery, pausedUntil, phaseOf, RECOVERY, recoveryIn, type Recovery } from './recovery-record.js'
import { audit, type AuditInput } from '../audit/audit.js'
import { ChangeUnderWay, RecoveryFull, RecoveryNotNeeded, RecoveryNotStarted, RecoverySignInAgain, RecoveryWaiting } from '../errors.js'
import { answering, refuse } from '../limits/answers.js'
import type { Asked } from '../second-factor/answers.js'
import { secondFactorValidator } from '../second-factor/claims.js'
import { isEnrolledIn, type FactorRecord } from '../second-factor/factors/removal.js'
import { PHONE_PAYLOAD_KEYS } from '../second-factor/factors/sms/payload.js'
import { readMetadata, updateMetadata, type Metadata } from '../second-factor/records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from '../second-factor/requests.js'
import { requireTurn } from '../second-factor/turn.js'
import { replacedBy } from '../session/rotation.js'
import { appOf } from '../supertokens/sdk.js'

const DAY_MS = 86_400_000

/** The recovery of an account, as its pages show it. Times are in milliseconds since 1970. */
export interface RecoveryView {
  phase: 'none' | 'waiting' | 'ready' | 'open'
  startedAt?: number
  /** When it can be finished. */
  readyAt?: number
  /** When it is too late. */
  lapsesAt?: number
  /** Until when this session may enrol; with phase `open`. */
  openUntil?: number
  /** Until when none can be started. */
  pausedUntil?: number
}

type Viewed = { status: 'OK', recovery: RecoveryView }

export interface RecoveryOptions {
  requests: SecondFactorRequests
  claim: BooleanClaim
  factors: readonly FactorRecord[]
  proof: MailboxProof
  notices: RecoveryNotices
  /** The waiting time in milliseconds. */
  wait: number
}

function viewOf (metadata: Metadata, session: string): Viewed {
  const recovery = recoveryIn(metadata)
  const paused = pausedUntil(metadata)
  if (recovery === undefined || phaseOf(recovery) === 'lapsed') return { status: 'OK', recovery: { phase: 'none', ...(paused > Date.now() && { pausedUntil: paused }) } }
  const { startedAt, readyAt, lapsesAt, grant } = recovery
  const isOpen = grant?.session === session && grant.until > Date.now()
  const phase = isOpen ? 'open' : phaseOf(recovery) as 'waiting' | 'ready'
  return { status: 'OK', recovery: { phase, startedAt, readyAt, lapsesAt, ...(isOpen && { openUntil: grant.until }) } }
}

/**
 * The recovery of an account whose owner has lost every second factor, by two things that are left: the password and the
 * mailbox. It takes days, and the owner is told on every channel at once and daily, each time with a link that stops it. So
 * a thief of both is found out, unless the owner looks at nothing for that long.
 *
 * What is decided is decided in a turn: of two that start, of a veto and an enrolment, one wins.
 */
export function createRecovery ({ requests, claim, factors, proof, notices, wait }: RecoveryOptions) {
  const isPassed = ({ payload }: SecondFactorRequest, userContext: UserContext): boolean => claim.getValueFromPayload(payload, userContext) === true
  const hasFactor = (metadata: Metadata): boolean => factors.some((factor) => factor.isBackup !== true && isEnrolledIn(metadata, factor))
  const inBackground = (userContext: UserContext, work: Promise<void>): void => { appOf(userContext).twoFactor.deliverInBackground(work) }
  const writeAgenda = (userContext: UserContext) => (changes: Metadata) => updateMetadata(AGENDA_USER, changes, userContext)

  function report (type: AuditInput['type'], { session }: SecondFactorRequest, userContext: UserContext, reason?: string): void {
    audit(userContext, { type, userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId(), ...(reason !== undefined && { reason }) })
  }

  /** Opens a request of a session that has the first factor only, for an account that has lost something. */
  async function open (call: FactorCall): Promise<{ request: SecondFactorRequest, metadata: Metadata, recovery: Recovery | undefined }> {
    const request = await requests.open(call)
    const metadata = await readMetadata(request.session.getUserId(), call.userContext)
    if (isPassed(request, call.userContext) || !hasFactor(metadata)) throw new RecoveryNotNeeded()
    await proof.addressOf(request, call)
    const recovery = recoveryIn(metadata)
    return { request, metadata, recovery: recovery !== undefined && phaseOf(recovery) !== 'lapsed' ? recovery : undefined }
  }

  /** @throws AUTH_LIMIT_REACHED for a while after one was stopped: a thief is not to start the next one at once */
  function requireNoPause (metadata: Metadata): void {
    const left = pausedUntil(metadata) - Date.now()
    if (left > 0) throw refuse('A recovery of this account was stopped.', Math.ceil(left / 1000))
  }

  /**
   * A recovery can be finished by a session that signed in after the waiting time, by the Core's clock: a replica whose clock
   * is ahead cannot shorten it, and the password is proven again.
   */
  function requireReady (recovery: Recovery | undefined, { createdAt, data }: SecondFactorRequest): Recovery {
    if (recovery === undefined || phaseOf(recovery) === 'lapsed') throw new RecoveryNotStarted()
    if (phaseOf(recovery) === 'waiting') throw new RecoveryWaiting()
    // One that has replaced another is younger than its sign-in (`rotation.ts`).
    if (createdAt < recovery.readyAt || replacedBy(data) !== undefined) throw new RecoverySignInAgain()
    return recovery
  }

  async function start (call: FactorCall, code: string): Promise<Viewed | Unproven> {
    const { userContext } = call
    const { request, metadata, recovery } = await open(call)
    const userId = request.session.getUserId()
    // Never faster by repeating: the one that is under way goes on as it is.
    if (recovery !== undefined) return viewOf(metadata, request.session.getHandle())
    requireNoPause(metadata)
    const unproven = await proof.prove(request, code, call)
    if (unproven !== undefined) return unproven
    const turn = await requireTurn(request.session.getUserId(), userContext)
    const known = recoveryIn(turn.metadata)
    if ((known !== undefined && phaseOf(known) !== 'lapsed') || pausedUntil(turn.metadata) > Date.now()) {
      await turn.end()
      return viewOf(turn.metadata, request.session.getHandle())
    }
    if (!await planReminders(writeAgenda(userContext), userId, Date.now() + DAY_MS)) {
      await turn.end()
      throw new RecoveryFull()
    }
    // Not before the sign-in by the Core's clock, should this one be behind.
    const started = newRecovery(Math.max(Date.now(), request.createdAt), wait)
    const written = await turn.end({ [RECOVERY]: started })
    report('recovery.started', request, userContext)
    inBackground(userContext, notices.underWay(userId, userContext))
    return viewOf(written, request.session.getHandle())
  }

  async function finish (call: FactorCall, code: string): Promise<Viewed | Unproven> {
    const { userContext } = call
    const { request, recovery } = await open(call)
    requireReady(recovery, request)
    const unproven = await proof.prove(request, code, call)
    if (unproven !== undefined) return unproven
    const turn = await requireTurn(request.session.getUserId(), userContext)
    const now = recoveryIn(turn.metadata)
    // Stopped, or started anew, meanwhile.
    if (now === undefined || now.id !== recovery?.id) {
      await turn.end()
      throw new RecoveryNotStarted()
    }
    const handle = request.session.getHandle()
    const written = await turn.end({ [RECOVERY]: granted(now, handle) })
    // Stock pages send codes to the number that the token names, and ask for one where it names none.
    await request.session.mergeIntoAccessTokenPayload(Object.fromEntries(PHONE_PAYLOAD_KEYS.map((key) => [key, null])), userContext)
    report('recovery.opened', request, userContext)
    return viewOf(written, handle)
  }

  /** Ends a recovery in a turn of its own. */
  async function end (userId: string, ending: 'veto' | 'passed', userContext: UserContext): Promise<boolean> {
    const turn = await turnFor(userId, userContext)
    const isUnderWay = recoveryIn(turn.metadata) !== undefined
    await turn.end(isUnderWay ? endedBy(ending, turn.metadata) : {})
    if (isUnderWay) await forget(userId, userContext)
    return isUnderWay
  }

  /** The same, if need be beside a change that is under way: no session that is finishing it gets round that. */
  async function endNow (userId: string, metadata: Metadata, userContext: UserContext): Promise<boolean> {
    try {
      return await end(userId, 'passed', userContext)
    } catch (err) {
      if (!(err instanceof ChangeUnderWay)) throw err
      await updateMetadata(userId, endedBy('passed', metadata), userContext)
      await forget(userId, userContext)
      return true
    }
  }

  async function forget (userId: string, userContext: UserContext): Promise<void> {
    await updateMetadata(AGENDA_USER, { [recoveryKey(userId)]: null }, userContext)
  }

  return {
    async view (call: FactorCall): Promise<Viewed> {
      const { session } = await requests.open(call)
      return viewOf(await readMetadata(session.getUserId(), call.userContext), session.getHandle())
    },

    /** Mails a code, where one can be used now. */
    sendCode: (call: FactorCall): Promise<Asked<{ email: string }>> => answering(call.options.res, async () => {
      const { request, metadata, recovery } = await open(call)
      if (recovery === undefined) requireNoPause(metadata)
      else requireReady(recovery, request)
      return await proof.send(request, call)
    }),

    start: (call: FactorCall, code: string) => answering(call.options.res, () => start(call, code)),

    /** Lets this session, and no other, enrol a factor in place of all that there are. */
    finish: (call: FactorCall, code: string) => answering(call.options.res, () => finish(call, code)),

    /** Stops it from a session that has passed a second factor. */
    async stop (call: FactorCall): Promise<Viewed> {
      const { userContext } = call
      const request = await requests.open(call)
      await request.session.assertClaims([secondFactorValidator(claim)], userContext)
      const userId = request.session.getUserId()
      if (!await end(userId, 'veto', userContext)) throw new RecoveryNotStarted()
      report('recovery.stopped', request, userContext, 'veto')
      inBackground(userContext, notices.stopped(userId, userContext))
      return viewOf(await readMetadata(userId, userContext), request.session.getHandle())
    },

    /**
     * Ends what is under way: whoever passes a second factor has not lost it. Costs nothing where nothing is. Never fails:
     * the answer was right.
     *
     * @param metadata as it was before the answer was checked
     */
    async passed (userId: string, metadata: Metadata, userContext: UserContext): Promise<void> {
      if (recoveryIn(metadata) === undefined) return
      try {
        if (!await endNow(userId, metadata, userContext)) return
        audit(userContext, { type: 'recovery.stopped', userId, reason: 'second factor passed' })
        inBackground(userContext, notices.stopped(userId, userContext))
      } catch (err) {
        appOf(userContext).log.error({ err, userId }, 'a recovery goes on although its owner has passed a second factor')
      }
    },

    /** After a factor has taken the place of all that there were. */
    async completed (userId: string, before: Metadata, userContext: UserContext): Promise<void> {
      audit(userContext, { type: 'recovery.completed', userId })
      await forget(userId, userContext)
      inBackground(userContext, notices.completed(userId, channelsIn(before), userContext))
    },

    /** After a veto by a link, inside its turn. */
    async vetoed (userId: string, userContext: UserContext): Promise<void> {
      audit(userContext, { type: 'recovery.stopped', userId, reason: 'veto' })
      await forget(userId, userContext)
      inBackground(userContext, notices.stopped(userId, userContext))
    }
  }
}

export type AccountRecovery = ReturnType<typeof createRecovery>
