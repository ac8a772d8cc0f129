import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { dropPending, pendingOf } from '../../src/hosted-pages/pending.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { isSent, passed, secondStep, send, SENT, stepOf } from './factors.js'
import { given, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

/** What the statuses of codes mean. */
export const WRONG_CODE: Record<string, PageText> = {
  INCORRECT_USER_INPUT_CODE_ERROR: 'This code is wrong. Please try again.',
  EXPIRED_USER_INPUT_CODE_ERROR: 'This code is too old. Please ask for a new one.',
  RESTART_FLOW_ERROR: 'This code does not work any more. Please ask for a new one.'
}

interface Shown {
  problem?: Problem
  /** Whether the code is of no use any more. */
  isOver?: boolean
}

/** The pages of factors that send a code or a link. */
export function sentCodePages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at, options } = kit

  for (const id of Object.keys(SENT).filter(isSent)) {
    const place = `/second-factor/${id}`
    const sends = id === 'email' ? options.emailFactorFlow : 'code'

    async function show (request: FastifyRequest, reply: FastifyReply, { problem, isOver = false }: Shown = {}): Promise<FastifyReply> {
      const step = await stepOf(kit, request, reply, id)
      if (step === undefined) return reply
      const isResent = given(request.query, 'sent') === 'again' && problem === undefined
      return pages.show(request, reply, 'code', {
        ...secondStep(kit, request, step, problem, isResent ? 'We have sent it again.' : undefined),
        factor: step.factor,
        sends,
        isSent: !isOver && pendingOf(request, pages.places, id) !== undefined && given(request.query, 'other') === '',
        // What is set up, or is the account's own, is known.
        asksForContact: step.factor.contact === undefined && !step.isSetUp,
        contact: given(request.body, 'contact') || undefined
      })
    }

    app.route({ method: 'GET', ...at(place), handler: async (request, reply) => await show(request, reply) })

    app.route({
      method: 'POST',
      ...at(`${place}/send`),
      async handler (request, reply) {
        const step = await stepOf(kit, request, reply, id)
        if (step === undefined) return reply
        const contact = step.factor.contact ?? (given(request.body, 'contact') || undefined)
        const problem = await send(kit, request, reply, id, contact)
        return problem === undefined ? pages.go(request, reply, place) : await show(request, reply, { problem })
      }
    })

    app.route({
      method: 'POST',
      ...at(`${place}/resend`),
      async handler (request, reply) {
        const pending = pendingOf(request, pages.places, id)
        if (pending === undefined || kit.visitor(request).step !== 'second-factor') return pages.go(request, reply, place)
        const { deviceId, preAuthSessionId } = pending
        const answer = await pages.call(request, reply, post('/signinup/code/resend', { deviceId, preAuthSessionId }))
        const isOver = answer.body.status === 'RESTART_FLOW_ERROR'
        if (isOver) dropPending(reply, pages.places)
        const problem = pages.problemOf(request, answer, WRONG_CODE)
        return problem === undefined ? pages.go(request, reply, place, { sent: 'again' }) : await show(request, reply, { problem, isOver })
      }
    })

    app.route({
      method: 'POST',
      ...at(place),
      async handler (request, reply) {
        const pending = pendingOf(request, pages.places, id)
        if (pending === undefined || kit.visitor(request).step !== 'second-factor') return pages.go(request, reply, place)
        const { deviceId, preAuthSessionId } = pending
        const answer = await pages.call(request, reply, post('/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: given(request.body, 'code') }))
        if (isSignedOut(answer)) return toSignIn(pages, request, reply)
        const problem = pages.problemOf(request, answer, WRONG_CODE)
        if (problem === undefined) return passed(kit, request, reply, answer)
        const isOver = answer.body.status === 'RESTART_FLOW_ERROR'
        if (isOver) dropPending(reply, pages.places)
        return await show(request, reply, { problem, isOver })
      }
    })
  }
}
