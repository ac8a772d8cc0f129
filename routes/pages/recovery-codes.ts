import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { secondStep, stepOf } from './factors.js'
import { given, goOn, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

const PLACE = '/second-factor/recovery-codes'

const WRONG: Record<string, PageText> = { INVALID_RECOVERY_CODE_ERROR: 'This code is wrong. Please try again.' }

/** Recovery codes: enter one, and the page after new ones were shown. */
export function recoveryCodePages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at, say } = kit

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    const step = await stepOf(kit, request, reply, 'recovery-codes')
    if (step === undefined) return reply
    return pages.show(request, reply, 'typed-code', { ...secondStep(kit, request, step, problem), factor: step.factor })
  }

  app.route({ method: 'GET', ...at(PLACE), handler: async (request, reply) => await show(request, reply) })

  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/recovery-codes/verify', { code: given(request.body, 'code') }))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer, WRONG)
      if (problem !== undefined) return await show(request, reply, problem)
      return pages.go(request, reply, `${PLACE}/used`, { left: String(answer.body.left) })
    }
  })

  // Whoever used one has probably lost a device. For five minutes, they may set up another one.
  app.route({
    method: 'GET',
    ...at(`${PLACE}/used`),
    async handler (request, reply) {
      if (kit.visitor(request).step !== 'in') return goOn(kit, request, reply)
      return pages.show(request, reply, 'message', {
        title: say(request, 'You are signed in'),
        text: say(request, 'Recovery codes left: {count}. If you have lost your second factor, set up a new one within five minutes.', { count: Number(given(request.query, 'left')) || 0 }),
        next: { href: pages.destination(request), text: say(request, 'Continue') },
        others: [{ href: `${pages.places.base}/security`, text: say(request, 'Set up a new second factor') }]
      })
    }
  })

  app.route({
    method: 'POST',
    ...at(`${PLACE}/kept`),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/recovery-codes/acknowledge', {}))
      return isSignedOut(answer) ? toSignIn(pages, request, reply) : pages.leave(request, reply)
    }
  })
}
