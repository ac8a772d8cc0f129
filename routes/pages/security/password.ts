import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { given, post } from '../kit.js'
import type { SecurityKit } from './kit.js'

const PAGE = '/security/password'

/** Another password, with the old one. */
export function passwordPage (app: FastifyInstance, kit: SecurityKit): void {
  const { pages, options: { passwordMinLength } } = kit

  const show = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply =>
    pages.show(request, reply, 'security-password', { problem, shortest: passwordMinLength })

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => show(request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const [oldPassword, newPassword] = [given(request.body, 'oldPassword'), given(request.body, 'newPassword')]
      const answer = await pages.call(request, reply, post('/account/password', { oldPassword, newPassword }))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem === undefined) return kit.done(request, reply, 'password-changed')
      return show(request, reply, answer.body.status === 'WRONG_CREDENTIALS_ERROR' ? { ...problem, fields: { oldPassword: problem.message } } : problem)
    }
  })
}
