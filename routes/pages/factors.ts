import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiAnswer } from '../../src/hosted-pages/api.js'
import { dropPending, keepPending } from '../../src/hosted-pages/pending.js'
import { asError, type Problem } from '../../src/hosted-pages/problem.js'
import type { FactorChoice } from '../../src/hosted-pages/templates/factor-choice.js'
import type { SecondStep } from '../../src/hosted-pages/templates/second-step.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { textOf } from '../../src/members.js'
import { get, goOn, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

/** Factors whose codes are sent, with the name of the address in the Frontend Driver Interface. */
export const SENT = { sms: 'phoneNumber', email: 'email' } as const
export type Sent = keyof typeof SENT

export const isSent = (id: string): id is Sent => id in SENT

/** Names in `PUT /mfa/info`. */
const IDS: Record<string, string> = { 'otp-phone': 'sms', 'otp-email': 'email', 'link-email': 'email', webauthn: 'passkey', 'recovery-code': 'recovery-codes' }

/** A second factor by its name in the Frontend Driver Interface. */
export const factorIdOf = (mfaId: string): string => IDS[mfaId] ?? mfaId

export interface Choice {
  /** Set up, the strongest first; recovery codes last. */
  setUp: FactorChoice[]
  /** What can be set up now. */
  allowed: FactorChoice[]
}

/**
 * What this session can use; undefined once it has ended, or where the address has to be verified first.
 *
 * @throws where there is no answer, such as in an outage: every page asks the same, so sending people on would never end
 */
export async function choiceOf ({ pages }: PageKit, request: FastifyRequest, reply: FastifyReply): Promise<Choice | undefined> {
  const answer = await pages.call(request, reply, { method: 'PUT', path: '/mfa/info', body: {} })
  const isUnverified = answer.body.claimValidationErrors !== undefined
  // It may be verified by now: elsewhere, of which this session does not know yet. Its next request does.
  if (isUnverified) await pages.call(request, reply, get('/user/email/verify'))
  if (isUnverified || isSignedOut(answer)) return undefined
  const problem = pages.problemOf(request, answer)
  if (problem !== undefined) throw asError(problem)
  const { factors, emails, phoneNumbers } = answer.body as { factors: Record<'alreadySetup' | 'allowedToSetup', string[]>, emails: Record<string, string[]>, phoneNumbers: Record<string, string[]> }
  const named = (mfaIds: string[]): FactorChoice[] => mfaIds.map((mfaId) => ({ id: factorIdOf(mfaId), contact: (emails[mfaId] ?? phoneNumbers[mfaId])?.[0] }))
  const setUp = named(factors.alreadySetup)
  // Who has none, and needs none elsewhere, can still be asked for one.
  if (!pages.isOnceMore(request) || setUp.length === 0) return { setUp, allowed: named(factors.allowedToSetup) }
  // Only the strongest vouches for a change, and recovery codes stand in for it.
  return { setUp: setUp.filter(({ id }, index) => index === 0 || id === 'recovery-codes'), allowed: [] }
}

/** A page of a factor, for whoever may pass it or set it up. */
export interface Step {
  factor: FactorChoice
  isSetUp: boolean
  choice: Choice
}

/**
 * Finds out how a factor's page is to be shown.
 *
 * @returns undefined after the person was sent elsewhere
 */
export async function stepOf (kit: PageKit, request: FastifyRequest, reply: FastifyReply, id: string): Promise<Step | undefined> {
  if (kit.visitor(request).step !== 'second-factor') {
    goOn(kit, request, reply)
    return undefined
  }
  const choice = await choiceOf(kit, request, reply)
  if (choice === undefined) {
    toSignIn(kit.pages, request, reply)
    return undefined
  }
  const set = choice.setUp.find((one) => one.id === id)
  const factor = set ?? choice.allowed.find((one) => one.id === id)
  if (factor === undefined) {
    kit.pages.go(request, reply, '/second-factor')
    return undefined
  }
  return { factor, isSetUp: set !== undefined, choice }
}

/** What all pages of factors show. */
export function secondStep ({ pages, options, say }: PageKit, request: FastifyRequest, { factor, isSetUp, choice }: Step, problem?: Problem, done?: PageText): SecondStep {
  const isOnceMore = pages.isOnceMore(request)
  const said = done ?? (isOnceMore && isSetUp ? 'For this change, please confirm once more that it is you.' : undefined)
  return {
    problem,
    said: said && say(request, said),
    others: (isSetUp ? choice.setUp : choice.allowed).filter(({ id }) => id !== factor.id),
    canRecover: isSetUp && !isOnceMore && options.accountRecovery
  }
}

/** Sends a code. */
export async function send ({ pages, options }: PageKit, request: FastifyRequest, reply: FastifyReply, id: Sent, contact: string | undefined): Promise<Problem | undefined> {
  const answer = await pages.call(request, reply, post('/signinup/code', contact === undefined ? {} : { [SENT[id]]: contact }))
  const problem = pages.problemOf(request, answer)
  if (problem !== undefined) return problem
  keepPending(reply, pages.places, { purpose: id, deviceId: textOf(answer.body, 'deviceId')!, preAuthSessionId: textOf(answer.body, 'preAuthSessionId')! })
  // A link leads back.
  if (id === 'email' && options.emailFactorFlow !== 'code') pages.keepTarget(request, reply)
  return undefined
}

/** The second factor has passed. With the first one of an account come recovery codes, which are shown only now. */
export function passed ({ pages }: PageKit, request: FastifyRequest, reply: FastifyReply, { body: { recoveryCodes } }: ApiAnswer): FastifyReply {
  dropPending(reply, pages.places)
  if (!Array.isArray(recoveryCodes)) return pages.leave(request, reply)
  return pages.show(request, reply, 'recovery-codes', { codes: recoveryCodes as string[], kept: '/second-factor/recovery-codes/kept' })
}
