import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { get, post } from '../kit.js'
import { showCodes } from './enrolments.js'
import type { SecurityKit } from './kit.js'

const PAGE = '/security/recovery-codes'

/** New recovery codes. */
export function recoveryCodePages (app: FastifyInstance, kit: SecurityKit): void {
  if (!kit.has('recovery-code')) return
  const { pages } = kit

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    const answer = await pages.call(request, reply, get('/recovery-codes'))
    const away = kit.sentAway(request, reply, answer, PAGE)
    if (away !== undefined) return away
    const unreadable = problem ?? pages.problemOf(request, answer)
    return pages.show(request, reply, 'security-codes', { left: Number(answer.body.left ?? 0), problem: unreadable })
  }

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => await kit.toConfirm(request, reply, PAGE) ?? await show(request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/recovery-codes', {}))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return await show(request, reply, problem)
      return showCodes(kit, request, reply, answer.body.recoveryCodes as string[])
    }
  })

  app.route({
    method: 'POST',
    ...kit.at(`${PAGE}/kept`),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/recovery-codes/acknowledge', {}))
      return kit.sentAway(request, reply, answer, '/security') ?? kit.done(request, reply, 'codes-kept')
    }
  })
}
