import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { formFields, given, goOn, post, type PageKit } from './kit.js'
import { afterFirstFactor } from './second-factor.js'

/** Signing in and up, with a password. */
export function signInPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, options: { firstFactor, passwordReset, passkeySignIn, passwordMinLength } } = kit
  const byPhone = firstFactor === 'phone-password'
  const wrong: PageText = byPhone ? 'The number or the password is wrong.' : 'The address or the password is wrong.'

  function showSignIn (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const login = given(request.body, 'email') || undefined
    return pages.show(request, reply, 'sign-in', { byPhone, login, problem, said: undefined, providers: [], passkey: passkeySignIn, resetsPasswords: passwordReset }, problem?.statusCode)
  }

  function showSignUp (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const login = given(request.body, 'email') || undefined
    return pages.show(request, reply, 'sign-up', { byPhone, login, problem, shortest: passwordMinLength }, problem?.statusCode)
  }

  app.route({
    method: 'GET',
    ...kit.at(''),
    handler: async (request, reply) => kit.visitor(request).step === 'sign-in' ? showSignIn(request, reply) : goOn(kit, request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at(''),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/signin', { formFields: formFields(request.body, 'email', 'password') }))
      const problem = pages.problemOf(request, answer, { WRONG_CREDENTIALS_ERROR: wrong })
      return problem === undefined ? await afterFirstFactor(kit, request, reply) : showSignIn(request, reply, problem)
    }
  })

  app.route({
    method: 'GET',
    ...kit.at('/sign-up'),
    handler: async (request, reply) => kit.visitor(request).step === 'sign-in' ? showSignUp(request, reply) : goOn(kit, request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at('/sign-up'),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/signup', { formFields: formFields(request.body, 'email', 'password') }))
      const problem = pages.problemOf(request, answer)
      return problem === undefined ? await afterFirstFactor(kit, request, reply) : showSignUp(request, reply, problem)
    }
  })
}
