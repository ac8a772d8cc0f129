import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RecoveryView } from '../../src/account/recovery.js'
import { dropPending } from '../../src/hosted-pages/pending.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import { get, given, goOn, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'
import { WRONG_CODE } from './sent-codes.js'

const PLACE = '/recover'

/** The way back in for whoever has lost every second factor (`docs/account-recovery.md`). */
export function recoveryPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at } = kit

  async function recoveryOf (request: FastifyRequest, reply: FastifyReply): Promise<RecoveryView | undefined> {
    const { body } = await pages.call(request, reply, get('/account/recovery'))
    return body.status === 'OK' ? body.recovery as RecoveryView : undefined
  }

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    if (kit.visitor(request).step !== 'second-factor') return goOn(kit, request, reply)
    const recovery = await recoveryOf(request, reply)
    if (recovery === undefined) return pages.go(request, reply, '')
    // This session may set up a new factor by now.
    if (recovery.phase === 'open') return pages.go(request, reply, '/second-factor')
    return pages.show(request, reply, 'recover', { recovery, isSent: given(request.query, 'sent') !== '', problem })
  }

  app.route({ method: 'GET', ...at(PLACE), handler: async (request, reply) => await show(request, reply) })

  app.route({
    method: 'POST',
    ...at(`${PLACE}/send`),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/account/recovery/code', {}))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer)
      return problem === undefined ? pages.go(request, reply, PLACE, { sent: '1' }) : await show(request, reply, problem)
    }
  })

  // The first time it starts the recovery, and after the waiting time it ends it.
  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request, reply) {
      const recovery = await recoveryOf(request, reply)
      const answer = await pages.call(request, reply, post(recovery?.phase === 'ready' ? '/account/recovery/finish' : '/account/recovery', { code: given(request.body, 'code') }))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer, WRONG_CODE)
      if (problem !== undefined) return await show(request, reply, problem)
      // A code that went to the old factor does not enrol a new one.
      dropPending(reply, pages.places)
      return pages.go(request, reply, PLACE)
    }
  })
}
