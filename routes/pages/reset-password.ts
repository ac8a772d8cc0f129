import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../src/hosted-pages/problem.js'
import { formFields, given, post, type PageKit } from './kit.js'

const PLACE = '/reset-password'

/** Asks for a link. Whether there is such an account, nobody learns: the answer is the endpoint's, which is always the same. */
export function showReset ({ pages, options }: PageKit, request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
  return pages.show(request, reply, 'reset-password', {
    byPhone: options.firstFactor === 'phone-password',
    login: given(request.body, 'email') || undefined,
    isSent: problem === undefined && given(request.query, 'sent') !== '',
    problem
  })
}

/** A new password, by a link. */
export function resetPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at, options: { passwordMinLength } } = kit

  const showNew = (request: FastifyRequest, reply: FastifyReply, token: string, problem?: Problem): FastifyReply =>
    pages.show(request, reply, 'new-password', { token, shortest: passwordMinLength, problem })

  app.route({
    method: 'GET',
    ...at(PLACE),
    async handler (request, reply) {
      const token = given(request.query, 'token')
      return token === '' ? showReset(kit, request, reply) : showNew(request, reply, token)
    }
  })

  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/user/password/reset/token', { formFields: formFields(request.body, 'email') }))
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return showReset(kit, request, reply, problem)
      pages.keepTarget(request, reply)
      return pages.go(request, reply, PLACE, { sent: '1' })
    }
  })

  app.route({
    method: 'POST',
    ...at(`${PLACE}/choose`),
    async handler (request, reply) {
      const token = given(request.body, 'token')
      const answer = await pages.call(request, reply, post('/user/password/reset', { method: 'token', token, formFields: formFields(request.body, 'password') }))
      const problem = pages.problemOf(request, answer, { RESET_PASSWORD_INVALID_TOKEN_ERROR: 'This link is too old, or was used already. Please ask for a new one.' })
      if (problem !== undefined) return answer.body.status === 'RESET_PASSWORD_INVALID_TOKEN_ERROR' ? showReset(kit, request, reply, problem) : showNew(request, reply, token, problem)
      // All sessions of the account have ended. If this browser has one, it may be of this account.
      if (kit.visitor(request).step !== 'sign-in') await pages.call(request, reply, post('/signout', {}))
      return pages.go(request, reply, '', { done: 'password' })
    }
  })
}
