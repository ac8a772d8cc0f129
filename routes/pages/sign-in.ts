import { parseCookie } from 'cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PasswordChangeRequired } from '../../src/errors.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageProvider } from '../../src/hosted-pages/providers.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { answerScript, credentialIn, WRONG_PASSKEY } from './passkey.js'
import { showReset } from './reset-password.js'
import { afterFirstFactor } from './second-factor.js'
import { formFields, given, goOn, post, type PageKit } from './kit.js'

/** What has just happened. The address names it, so it says nothing that somebody made up. */
const DONE = new Map<string, PageText>([
  ['password', 'Your password has been changed. Please sign in with the new one.'],
  ['no-cookies', 'Your browser keeps no cookies. Please allow them for this page, then sign in again.']
])

/** Whoever is shown the sign-in has no session that is alive. */
const hasSessionCookie = ({ headers: { cookie = '' } }: FastifyRequest): boolean => parseCookie(cookie).sAccessToken !== undefined

/** Signing in and up, with a password, or with a passkey alone. */
export function signInPages (app: FastifyInstance, kit: PageKit, providers: readonly PageProvider[]): void {
  const { pages, options: { firstFactor, passwordReset, passkeySignIn, passwordMinLength, signUpByMail } } = kit
  const byPhone = firstFactor === 'phone-password'
  const wrong: PageText = byPhone ? 'The number or the password is wrong.' : 'The address or the password is wrong.'

  /**
   * What has just happened. A session can end behind its browser's back: by a password that was changed elsewhere, or where
   * a code was sent twice and the answer with the new session got lost.
   */
  function doneBefore (request: FastifyRequest): PageText | undefined {
    return DONE.get(given(request.query, 'done')) ?? (hasSessionCookie(request) ? 'Your session has ended. Please sign in again.' : undefined)
  }

  function showSignIn (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const done = problem === undefined ? doneBefore(request) : undefined
    return pages.show(request, reply, 'sign-in', {
      byPhone,
      login: given(request.body, 'email') || undefined,
      problem,
      said: done && kit.say(request, done),
      providers,
      passkey: passkeySignIn,
      resetsPasswords: passwordReset
    })
  }

  function showSignUp (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    return pages.show(request, reply, 'sign-up', { byPhone, login: given(request.body, 'email') || undefined, problem, shortest: passwordMinLength })
  }

  /** Whoever has a session already goes on. */
  const forStrangers = (show: typeof showSignIn) => async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    kit.visitor(request).step === 'sign-in' ? show(request, reply) : goOn(kit, request, reply)

  app.route({ method: 'GET', ...kit.at(''), handler: forStrangers(showSignIn) })

  app.route({
    method: 'POST',
    ...kit.at(''),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/signin', { formFields: formFields(request.body, 'email', 'password') }))
      const problem = pages.problemOf(request, answer, { WRONG_CREDENTIALS_ERROR: wrong })
      if (problem === undefined) return await afterFirstFactor(kit, request, reply)
      return problem.code === new PasswordChangeRequired().code && passwordReset ? showReset(kit, request, reply, problem) : showSignIn(request, reply, problem)
    }
  })

  app.route({ method: 'GET', ...kit.at('/sign-up'), handler: forStrangers(showSignUp) })

  app.route({
    method: 'POST',
    ...kit.at('/sign-up'),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/signup', { formFields: formFields(request.body, 'email', 'password') }))
      const problem = pages.problemOf(request, answer)
      if (problem === undefined) return await afterFirstFactor(kit, request, reply)
      // A refusal has a code, or names a field. What is left says to open the mail.
      const isMailed = signUpByMail && problem.code === undefined && answer.statusCode === 200 && answer.body.status === 'GENERAL_ERROR'
      if (!isMailed) return showSignUp(request, reply, problem)
      pages.keepTarget(request, reply)
      return pages.show(request, reply, 'message', { title: kit.say(request, 'Please check your e-mail'), text: problem.message, next: undefined })
    }
  })

  if (!passkeySignIn) return

  app.route({
    method: 'POST',
    ...kit.at('/passkey/options'),
    handler: async (request, reply) => answerScript(reply, await pages.call(request, reply, post('/passkey/signin/options', {})))
  })

  app.route({
    method: 'POST',
    ...kit.at('/passkey'),
    async handler (request, reply) {
      const credential = credentialIn(request.body)
      if (credential === undefined) return pages.go(request, reply, '')
      const answer = await pages.call(request, reply, post('/passkey/signin', { credential }))
      const problem = pages.problemOf(request, answer, WRONG_PASSKEY)
      return problem === undefined ? await afterFirstFactor(kit, request, reply) : showSignIn(request, reply, problem)
    }
  })
}
