import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import type { OfferedLink, Undo } from '../account/undo.js'
import { FactorNotEnrolled } from '../errors.js'
import { answering } from '../limits/answers.js'
import { endOtherSessions } from '../session/end-sessions.js'
import { CREDENTIAL_CHANGED, mark } from '../session/epoch.js'
import { attemptAnswer } from './attempt.js'
import type { createSecondFactorAudit } from './audit.js'
import type { Challenge } from './challenge.js'
import type { Answered, Asked, Checked, Factor, FactorContext, FactorTypes, Restart, SecondFactorLogin } from './factor.js'
import type { NoticeName } from './notice-texts.js'
import { tellOfChange, type Contacts, type NoticeOptions } from './notices.js'
import { withSecondFactor } from './passed.js'
import type { Metadata } from './records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from './requests.js'
import { createSending, NOT_SENT } from './sending.js'
import { subjectOf, type FactorState } from './state.js'
import { requireTurn } from './turn.js'

interface MovesOptions {
  claim: BooleanClaim
  requests: SecondFactorRequests
  factors: readonly Factor[]
  events: ReturnType<typeof createSecondFactorAudit>
  notices: NoticeOptions
  undo: Undo
  requireFresh: SecondFactorLogin['requireFresh']
}

/** The state of an address of which nothing is known. */
const NEW: FactorState = { state: 'none' }
const RESTART: Restart = { status: 'RESTART_FLOW_ERROR' }

/** What the owner is told, and where codes went before. */
function noticeOf ({ addressing }: Factor, from: string): { name: NoticeName, contacts: Contacts } {
  return addressing?.kind === 'email'
    ? { name: 'email-factor-changed', contacts: { email: from } }
    : { name: 'phone-changed', contacts: { phone: from } }
}

/**
 * Another address for a factor that sends codes. The owner passes a factor first; then the new address answers a code, in
 * the same session; only then does it count. The old one is told, with a link that undoes the change.
 */
export function createMoves ({ claim, requests, factors, events, notices, undo, requireFresh }: MovesOptions): Pick<SecondFactorLogin, 'askToMove' | 'move'> {
  const { withLimits, deliver, bind } = createSending(requests)

  async function enrolledIn (factor: Factor, { session }: SecondFactorRequest, userContext: UserContext) {
    // Whoever has a number that was written down, and is another one in the Core by now, must not get the link that undoes this.
    const state = await factor.state(subjectOf(session), userContext, { asked: true })
    if (state.state !== 'enrolled' || state.address === undefined) throw new FactorNotEnrolled()
    return { address: state.address, claimOf: state.claimOf }
  }

  async function ask<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, input: Types['input']): Promise<Asked<Types['reply']>> {
    const { userContext } = call
    const request = await requireFresh(call)
    const { address: from } = await enrolledIn(factor, request, userContext)
    const { addressing } = factor
    const address = addressing?.named(input)
    if (addressing === undefined || address === undefined) return { status: 'GENERAL_ERROR', message: addressing?.invalidMessage ?? '' }
    if (address === from || addressing.isSame?.(address, from) === true) return { status: 'GENERAL_ERROR', message: 'Codes go there already. Please choose another number or address.' }
    const context = { request, state: NEW, userContext }
    return await withLimits(factor, context, address, async () => {
      // Whether another account has the address is told to whoever answers its code, and to nobody else.
      const made = await factor.challenge(context, input, address)
      await bind(factor, context, made, { address, from })
      return await deliver(made) ? { status: 'OK', ...made.reply } : NOT_SENT
    })
  }

  /** Checks the answer while nobody else changes the account, and changes the address with it. */
  async function change<Types extends FactorTypes> (factor: Factor<Types>, { request, userContext, tries }: FactorContext, asked: Challenge, answer: Types['answer']): Promise<Checked<Types['proof'], Types['rejection'] | Restart>> {
    const [subject, from, to] = [subjectOf(request.session), asked.from as string, asked.address as string]
    const { name, contacts } = noticeOf(factor, from)
    const turn = await requireTurn(subject.userId, userContext)
    // What is written once the address has changed, also if the process cannot go on from there.
    let changes: Metadata | undefined
    let offered: OfferedLink | undefined
    let isLogin = false
    try {
      // Another session may have changed it meanwhile, which ends this one.
      await requests.reload(request, userContext)
      const { address, claimOf } = await enrolledIn(factor, request, userContext)
      if (request.challenge?.id !== asked.id || address !== from) return { outcome: 'restart', rejection: RESTART }
      offered = await undo.offer({ name, subject, metadata: turn.metadata, contacts, needed: true }, userContext)
      // An address that the account signs in with is taken over before its code is used up (`number-claim.ts`).
      const login = claimOf?.(to)
      isLogin = login !== undefined
      const state: FactorState = login === undefined ? NEW : { state: 'enrolled', claim: { ...login, async take () { await login.take(); changes = {} } } }
      const checked = await factor.check({ request, state, userContext, ...(tries && { tries }) }, asked, answer)
      if (checked.outcome === 'right' && login === undefined) await factor.beforeRecord?.(checked.proof, subject.userId, userContext)
      if (checked.outcome === 'right') changes = login === undefined ? { ...factor.besideRecord?.(checked.proof), [factor.record]: factor.recordOf(checked.proof, asked) } : {}
      return checked
    } finally {
      const written = await turn.end(changes && { ...changes, ...offered?.record })
      if (changes !== undefined) {
        // Sign-ins to the old number that are under way get no session.
        if (isLogin) await mark(CREDENTIAL_CHANGED, subject.recipeUserId, userContext)
        await endOtherSessions(request.session, userContext, { marked: !isLogin })
        events.changed(factor, userContext)
        tellOfChange(notices, name, subject.userId, userContext, { undo: offered?.written(written) })
      }
    }
  }

  async function move<Types extends FactorTypes> (factor: Factor<Types>, call: FactorCall, given: Types['answer']): Promise<Answered<Types['proof'], Types['rejection']>> {
    const { userContext } = call
    const request = await requireFresh(call)
    const { session, challenge } = request
    if (challenge?.factor !== factor.id || challenge.from === undefined || challenge.id !== factor.challengeOf(given)) return RESTART
    const context = { request, state: NEW, userContext }
    const attempted = await attemptAnswer({
      factor, context, challenge, given, events, check: (answer, tries) => change(factor, { ...context, ...(tries && { tries }) }, challenge, answer)
    })
    if ('refused' in attempted) return attempted.refused
    await session.mergeIntoAccessTokenPayload({
      ...claim.addToPayload_internal({}, true, userContext),
      ...withSecondFactor(request.payload, factor, factors),
      ...factor.payload?.(challenge)
    }, userContext)
    return { status: 'OK', proof: attempted.right.proof, session, beside: {} }
  }

  return {
    askToMove: (factor, call, input) => events.asking(factor, call.userContext, () => answering(call.options.res, () => ask(factor, call, input))),
    move: (factor, call, given) => events.moving(factor, call.userContext, () => answering(call.options.res, () => move(factor, call, given)))
  }
}
