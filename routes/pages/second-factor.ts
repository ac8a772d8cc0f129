import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { textOf } from '../../src/members.js'
import { dropPending, keepPending, pendingOf } from '../../src/hosted-pages/pending.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { FactorChoice } from '../../src/hosted-pages/templates/factor-choice.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { given, goOn, isSignedOut, post, type PageKit } from './kit.js'

/** Factors whose codes are sent, with the name of the address in the Frontend Driver Interface. */
const SENT = { sms: 'phoneNumber', email: 'email' } as const
type Sent = keyof typeof SENT

const isSent = (id: string): id is Sent => id in SENT

/** Names in `PUT /mfa/info`. */
const IDS: Record<string, string> = { 'otp-phone': 'sms', 'otp-email': 'email', 'link-email': 'email', totp: 'totp', webauthn: 'passkey', 'recovery-code': 'recovery-codes' }

/** A second factor by its name in the Frontend Driver Interface. */
export const factorIdOf = (mfaId: string): string => IDS[mfaId] ?? mfaId

interface Choice {
  /** Set up, the strongest first; recovery codes last. */
  setUp: FactorChoice[]
  /** What can be set up now. */
  allowed: FactorChoice[]
  /** Whether nothing more is asked for. */
  isIn: boolean
}

/** What this session can use; undefined once it has ended. */
export async function choiceOf ({ pages }: PageKit, request: FastifyRequest, reply: FastifyReply): Promise<Choice | undefined> {
  const answer = await pages.call(request, reply, { method: 'PUT', path: '/mfa/info', body: {} })
  if (isSignedOut(answer) || answer.body.status !== 'OK') return undefined
  const { factors, emails, phoneNumbers } = answer.body as { factors: Record<'next' | 'alreadySetup' | 'allowedToSetup', string[]>, emails: Record<string, string[]>, phoneNumbers: Record<string, string[]> }
  const named = (mfaIds: string[]): FactorChoice[] => mfaIds.map((mfaId) => ({ id: factorIdOf(mfaId), contact: (emails[mfaId] ?? phoneNumbers[mfaId])?.[0] }))
  const setUp = named(factors.alreadySetup)
  // Only the strongest vouches for a change, and recovery codes stand in for it.
  const vouching = setUp.filter(({ id }, index) => index === 0 || id === 'recovery-codes')
  return { setUp: pages.isOnceMore(request) ? vouching : setUp, allowed: named(factors.allowedToSetup), isIn: factors.next.length === 0 }
}

/** Sends a code by a factor that is set up, so that the person sees at once where to enter it. */
async function send ({ pages }: PageKit, request: FastifyRequest, reply: FastifyReply, id: Sent, contact: string | undefined): Promise<Problem | undefined> {
  const answer = await pages.call(request, reply, post('/signinup/code', contact === undefined ? {} : { [SENT[id]]: contact }))
  const problem = pages.problemOf(request, answer)
  if (problem !== undefined) return problem
  keepPending(reply, pages.places, { purpose: id, deviceId: textOf(answer.body, 'deviceId')!, preAuthSessionId: textOf(answer.body, 'preAuthSessionId')! })
  return undefined
}

/**
 * The first factor has passed: shows what is next. Where the only second factor is a code that is sent, it is on its way
 * by now: one page less for nearly everybody.
 */
export async function afterFirstFactor (kit: PageKit, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { pages } = kit
  const choice = await choiceOf(kit, request, reply)
  if (choice?.isIn === true) return pages.leave(request, reply)
  const [only, ...others] = choice?.setUp.filter(({ id }) => id !== 'recovery-codes') ?? []
  if (only === undefined || others.length > 0 || !isSent(only.id)) return pages.go(request, reply, '/second-factor')
  await send(kit, request, reply, only.id, undefined)
  return pages.go(request, reply, `/second-factor/${only.id}`)
}

/** What is said to a code that does not pass. */
export const WRONG_CODE: Record<string, PageText> = {
  INCORRECT_USER_INPUT_CODE_ERROR: 'This code is wrong. Please try again.',
  EXPIRED_USER_INPUT_CODE_ERROR: 'This code is too old. Please ask for a new one.',
  RESTART_FLOW_ERROR: 'This code does not work any more. Please ask for a new one.'
}

/** The choice among second factors, and the pages of those that send codes. */
export function secondFactorPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at } = kit

  app.route({
    method: 'GET',
    ...at('/second-factor'),
    async handler (request, reply) {
      if (kit.visitor(request).step !== 'second-factor') return goOn(kit, request, reply)
      const choice = await choiceOf(kit, request, reply)
      if (choice === undefined) return pages.go(request, reply, '')
      const isSetUp = choice.setUp.length > 0
      const factors = isSetUp ? choice.setUp : choice.allowed
      const [only, ...others] = factors.filter(({ id }) => id !== 'recovery-codes')
      if (only !== undefined && others.length === 0 && pages.isOnceMore(request)) return pages.go(request, reply, `/second-factor/${only.id}`)
      return factors.length === 1 ? pages.go(request, reply, `/second-factor/${factors[0]!.id}`) : pages.show(request, reply, 'factor-choice', { isSetUp, factors })
    }
  })

  for (const id of Object.keys(SENT).filter(isSent)) {
    const place = `/second-factor/${id}`

    async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
      const choice = await choiceOf(kit, request, reply)
      if (choice === undefined) return pages.go(request, reply, '')
      const factor = choice.setUp.find((one) => one.id === id)
      const asksForContact = factor === undefined && choice.setUp.length === 0
      return pages.show(request, reply, 'code', {
        factor: factor ?? { id, contact: undefined },
        isSent: pendingOf(request, id) !== undefined && given(request.query, 'again') === '',
        asksForContact,
        contact: given(request.body, 'contact') || undefined,
        problem,
        said: pages.isOnceMore(request) ? kit.say(request, 'For this change, please confirm once more that it is you.') : undefined,
        others: choice.setUp.filter((one) => one.id !== id)
      }, problem?.statusCode)
    }

    app.route({
      method: 'GET',
      ...at(place),
      handler: async (request, reply) => kit.visitor(request).step === 'second-factor' ? await show(request, reply) : goOn(kit, request, reply)
    })

    app.route({
      method: 'POST',
      ...at(`${place}/send`),
      async handler (request, reply) {
        const problem = await send(kit, request, reply, id, given(request.body, 'contact') || undefined)
        return problem === undefined ? pages.go(request, reply, place) : await show(request, reply, problem)
      }
    })

    app.route({
      method: 'POST',
      ...at(place),
      async handler (request, reply) {
        const pending = pendingOf(request, id)
        if (pending === undefined) return pages.go(request, reply, place)
        const { deviceId, preAuthSessionId } = pending
        const answer = await pages.call(request, reply, post('/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: given(request.body, 'code') }))
        if (isSignedOut(answer)) return pages.go(request, reply, '')
        const problem = pages.problemOf(request, answer, WRONG_CODE)
        if (problem !== undefined) return await show(request, reply, problem)
        dropPending(reply, pages.places)
        return pages.leave(request, reply)
      }
    })
  }
}
