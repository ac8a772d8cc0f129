import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import { FactorBroken, FactorNotEnrolled } from '../errors.js'
import type { Undo } from '../account/undo.js'
import { answering } from '../limits/answers.js'
import { loginOf, rotateSession } from '../session/rotation.js'
import { appOf } from '../supertokens/sdk.js'
import { inStep } from '../tracing/steps.js'
import { attemptAnswer } from './attempt.js'
import { createSecondFactorAudit } from './audit.js'
import { createChanges } from './changes.js'
import { withoutChallenge, type Challenge } from './challenge.js'
import { withdraw } from './enrolment.js'
import type { Answered, Asked, Checked, Factor, FactorContext, FactorTypes, Restart, SecondFactorLogin } from './factor.js'
import { createSettle, type Settled } from './settle.js'
import type { FactorState } from './state.js'
import { createMfaInfo } from './mfa-info.js'
import { createMoves } from './moves.js'
import { tellOfNewBrowser } from './new-browser.js'
import type { NoticeOptions } from './notices.js'
import { withSecondFactor } from './passed.js'
import { createPolicy } from './policy.js'
import { isSpent, readMetadata, spend } from './records.js'
import type { Requirement } from './requirement.js'
import { createSending, NOT_SENT } from './sending.js'
import { createSoleSignIn } from './sole.js'
import { hasEnded, type FactorCall, type SecondFactorRequest, type SecondFactorRequests } from './requests.js'

const RESTART: Restart = { status: 'RESTART_FLOW_ERROR' }

interface SecondFactorLoginOptions {
  claim: BooleanClaim
  requests: SecondFactorRequests
  factors: readonly Factor[]
  requirement: Requirement
  notices: NoticeOptions
  undo: Undo
  /** Whether accounts can be recovered. */
  recovers: boolean
}

type Outcome<Types extends FactorTypes> = Checked<Types['proof'], Types['rejection'] | Restart> & { settled?: Settled }

/** The only address that messages may go to. */
const pinnedIn = (state: FactorState): string | undefined => state.state === 'broken' ? undefined : state.address
/** Whether any address can be enrolled. */
const isFree = (state: FactorState): boolean => state.state === 'none' && state.address === undefined

/** A request that has passed the checks of every step. */
interface Begun {
  request: SecondFactorRequest
  state: FactorState
}

/**
 * The story of a second factor: a session whose first factor has passed asks for a challenge and answers it, and a new
 * session takes its place whose claim is true. Every factor goes through here. What only one of them knows is behind {@link Factor}.
 */
export function createSecondFactorLogin ({ claim, requests, factors, requirement, notices, undo, recovers }: SecondFactorLoginOptions): SecondFactorLogin {
  const policy = createPolicy(factors, claim, recovers)
  const events = createSecondFactorAudit(requests)
  const settle = createSettle({ factors, policy, events, notices, undo })
  const changes = createChanges({ claim, requests, policy, events, notices, undo })
  const { withLimits, deliver, bind } = createSending(requests)
  const moves = createMoves({ claim, requests, factors, events, notices, undo, requireFresh: changes.requireFresh })

  function usable (factor: Factor, state: FactorState): FactorState {
    if (state.state === 'broken') throw factor.broken?.() ?? new FactorBroken()
    return state
  }

  /** @param how see {@link FindState} */
  async function begin (factor: Factor, call: FactorCall, how?: { asked: boolean }): Promise<Begun> {
    const { userContext } = call
    let found: Promise<FactorState> | undefined
    const request = await requests.open(call, (session) => {
      found = policy.stateOf(factor, { session }, userContext, how)
      return found
    })
    return { request, state: usable(factor, await (found ?? policy.stateOf(factor, request, userContext, how))) }
  }

  /** Mallory, who has Alice's password, asks for the code to be sent to Mallory's phone (guide 001, step 4). */
  function isPinned ({ addressing }: Factor, state: FactorState, address: string | undefined): boolean {
    return addressing === undefined || address === undefined || isFree(state) || pinnedIn(state) === address
  }

  /**
   * Refuses an address other than the pinned one. Where clients are not told the pinned one, Mallory could find it by
   * naming one number after another: there each naming is counted before it is answered.
   */
  async function requirePinned (factor: Factor, { request, state }: Begun, address: string | undefined, userContext: UserContext): Promise<void> {
    if (address === undefined || factor.addressing === undefined || isFree(state)) return
    const isRight = isPinned(factor, state, address)
    if (factor.addressing.isShown !== true) {
      await appOf(userContext).twoFactor.limits?.failures?.name({ userId: request.session.getUserId(), factor: factor.id, strength: factor.strength }, isRight, userContext)
    }
    if (!isRight) throw factor.addressing.mismatch()
  }

  /** The pinned address as it is stored, where the client names it in another form. */
  function asStored ({ addressing }: Factor, state: FactorState, named: string | undefined): string | undefined {
    const pinned = pinnedIn(state)
    if (named === undefined || pinned === undefined) return named
    return addressing?.isSame?.(named, pinned) === true ? pinned : named
  }

  /**
   * The session's challenge, if the client names that one. A challenge works in the session that asked for it and in no
   * other (ASVS 6.6.2). Otherwise an attacker with the password has a code sent to a phone of theirs in one session and
   * spends it in the victim's.
   */
  function ownChallenge (factor: Factor, { challenge }: SecondFactorRequest, id: string | undefined): Challenge | undefined {
    return challenge?.factor === factor.id && challenge.id === id && challenge.from === undefined ? challenge : undefined
  }

  /** What an answer is compared with: the session's challenge, or none where the factor need not be asked for. */
  function challengeFor<Types extends FactorTypes> (factor: Factor<Types>, request: SecondFactorRequest, given: Types['answer']): Challenge | undefined {
    const id = factor.challengeOf(given)
    if (id !== undefined || factor.unasked !== true) return ownChallenge(factor, request, id)
    return { factor: factor.id, id: loginOf(request.session, request.data), sentAt: Date.now() }
  }

  async function ask<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, input: Types['input'], { adds }: { adds?: boolean }): Promise<Asked<Types['reply']>> {
    const { userContext } = call
    const begun = await begin(factor, call)
    const { request } = begun
    const { addressing } = factor
    let { state } = begun
    let address: string | undefined
    if (addressing !== undefined) {
      const asked = addressing.named(input)
      // Where addresses are private, always: the time must not tell whether it is the right one.
      const isCertain = asked === undefined || (addressing.isShown === true && isPinned(factor, state, asStored(factor, state, asked)))
      if (!isCertain) state = usable(factor, await policy.stateOf(factor, request, userContext, { asked: true }))
      const pinned = pinnedIn(state)
      const named = asStored(factor, state, asked)
      await requirePinned(factor, { request, state }, named, userContext)
      address = pinned !== undefined && addressing.asksForEnrolled(input, pinned) ? pinned : named
      // What is no address, such as the mask of another one, is not the pinned one either.
      if (address === undefined && pinned !== undefined) throw addressing.mismatch()
      if (address === undefined) return { status: 'GENERAL_ERROR', message: addressing.invalidMessage }
    }
    // What can be enrolled several times is enrolled only where that is asked for.
    if (state.state === 'none' && adds !== true && factor.severalIds !== undefined) throw new FactorNotEnrolled()
    if (state.state === 'none' || adds === true) await policy.requireMayEnrol(factor, state, request, userContext)
    const context = { request, state, userContext }
    return await withLimits(factor, context, address, async () => {
      const made = await factor.challenge(context, input, address)
      // Bound before it is sent: a code that works nowhere is better than one that nobody asked for.
      await bind(factor, context, made, { address, ...(adds && { adds }) })
      return await deliver(made) ? { status: 'OK', ...made.reply } : NOT_SENT
    })
  }

  async function askAgain<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, challengeId: string | undefined, input: Types['again']): Promise<Asked | Restart> {
    const { userContext } = call
    // Perhaps the first message went where nobody reads it any more.
    const { request, state } = await begin(factor, call, { asked: true })
    const context = { request, state, userContext }
    const challenge = ownChallenge(factor, request, challengeId)
    if (challenge === undefined) return RESTART
    await requirePinned(factor, { request, state }, challenge.address, userContext)
    return await withLimits(factor, context, challenge.address, async () => {
      const made = await factor.renew?.(context, challenge, input)
      if (made === undefined) return RESTART
      // Delivered before it is bound: when that fails, the message from before still works.
      if (!await deliver(made)) return NOT_SENT
      // Before the new time counts, so that an expired message never works again.
      await factor.revokeMessage?.(context, challenge)
      await bind(factor, context, made, challenge)
      return { status: 'OK' }
    })
  }

  /** Where the Core knows a challenge no more, or spent it for somebody else: asks it whether the address has changed without us. */
  async function requireStillPinned (factor: Factor, { request, userContext }: FactorContext, { address }: Challenge): Promise<void> {
    if (address === undefined) return
    const now = usable(factor, await policy.stateOf(factor, request, userContext, { asked: true }))
    if (!isPinned(factor, now, address)) throw factor.addressing!.mismatch()
  }

  async function check<Types extends FactorTypes> (factor: Factor<Types>, context: FactorContext, state: FactorState, challenge: Challenge, answer: Types['answer']): Promise<Outcome<Types>> {
    const restart = { outcome: 'restart', rejection: RESTART } as const
    const userId = context.request.session.getUserId()
    // Asked for before the factor was enrolled elsewhere.
    if (!isPinned(factor, state, challenge.address)) throw factor.addressing!.mismatch()
    // Compared with nothing once it is spent, so that it cannot be asked again and again what is right.
    if (factor.checkSpends !== true && await isSpent(userId, challenge.id, context.userContext)) return restart
    const checked = await factor.check(context, challenge, answer)
    if (checked.outcome === 'restart') await requireStillPinned(factor, context, challenge)
    if (checked.outcome !== 'right') return checked
    if (factor.checkSpends !== true && !await spend(userId, challenge.id, context.userContext)) return restart
    const settled = await settle(factor, context, state, challenge, checked.proof)
    if (settled !== undefined) return { ...checked, settled }
    await requireStillPinned(factor, context, challenge)
    return restart
  }

  async function answer<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, given: Types['answer']): Promise<Answered<Types['proof'], Types['rejection']>> {
    const { userContext } = call
    const { request, state } = await begin(factor, call)
    const context = { request, state, userContext }
    const challenge = challengeFor(factor, request, given)
    if (challenge === undefined) return RESTART
    // While the SDK keeps the metadata of the request, so that this asks the Core nothing more.
    const known = recovers || notices.newBrowsers ? await readMetadata(request.session.getUserId(), userContext) : {}
    const attempted = await attemptAnswer({
      factor, context, challenge, given, events, check: (read, tries) => check(factor, { ...context, ...(tries && { tries }) }, state, challenge, read)
    })
    if ('refused' in attempted) return attempted.refused
    const userId = request.session.getUserId()
    const checked = attempted.right
    await appOf(userContext).twoFactor.recovery?.passed(userId, known, userContext)
    const { enrolled, beside = {} } = checked.settled ?? {}
    const payload = {
      ...request.payload,
      ...claim.addToPayload_internal({}, true, userContext),
      ...withSecondFactor(request.payload, factor, factors),
      ...factor.payload?.(challenge)
    }
    try {
      request.replaced = request.session.getHandle()
      request.session = await rotateSession(request.session, { payload, data: withoutChallenge(request.data) }, userContext)
    } catch (err) {
      // The session has ended meanwhile, by a password reset for example. What an intruder enrolled must not stay.
      if (enrolled !== undefined && hasEnded(err)) await withdraw(userId, enrolled, userContext)
      throw err
    }
    tellOfNewBrowser(notices, userId, known, userContext)
    return { status: 'OK', proof: checked.proof, session: request.session, beside }
  }

  return {
    ...changes,
    ...moves,
    ...createSoleSignIn(notices),
    info: createMfaInfo({ factors, requests, policy, claim, requirement }),

    ask: (factor, call, input, options = {}) =>
      inStep('second_factor.ask', factor.id, () => events.asking(factor, call.userContext, () => answering(call.options.res, () => ask(factor, call, input, options)))),

    askAgain: (factor, call, challengeId, input) =>
      inStep('second_factor.ask_again', factor.id, () => events.asking(factor, call.userContext, () => answering(call.options.res, () => askAgain(factor, call, challengeId, input)))),

    answer: (factor, call, given) =>
      inStep('second_factor.answer', factor.id, () => events.answering(factor, call.userContext, () => answering(call.options.res, () => answer(factor, call, given))))
  }
}
