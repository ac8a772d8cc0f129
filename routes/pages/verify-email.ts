import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../src/hosted-pages/problem.js'
import { afterFirstFactor } from './second-factor.js'
import { get, given, goOn, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

const PLACE = '/verify-email'

/** The address of the account, or a new one, by a link. It counts in a session of the account only. */
export function verificationPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at, say, options: { emailVerification } } = kit
  // The endpoint of verification also confirms a new address, but is not always there.
  const confirmation = (token: string) => emailVerification === 'off' ? post('/account/email/confirm', { token }) : post('/user/email/verify', { method: 'token', token })

  const show = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply =>
    pages.show(request, reply, 'verify-email', { isSent: problem === undefined && given(request.query, 'sent') !== '', problem })

  /** Whoever has no session here signs in first, and comes back. */
  function askToSignIn (request: FastifyRequest, reply: FastifyReply, token: string): FastifyReply {
    const here = `${pages.places.base}${PLACE}?${new URLSearchParams({ token }).toString()}`
    return pages.show(request, reply, 'message', {
      title: say(request, 'Confirm your address'),
      text: say(request, 'Please sign in first. Then you can confirm the address.'),
      next: { href: pages.to(request, '', { redirect: here }), text: say(request, 'Sign in') }
    })
  }

  app.route({
    method: 'GET',
    ...at(PLACE),
    async handler (request, reply) {
      const token = given(request.query, 'token')
      const { step } = kit.visitor(request)
      // Opening it changes nothing: programs that look at mails open links, too.
      if (token !== '') return step === 'sign-in' ? askToSignIn(request, reply, token) : pages.show(request, reply, 'confirm-email', { token, problem: undefined })
      if (step !== 'verify-email') return goOn(kit, request, reply)
      return show(request, reply)
    }
  })

  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request, reply) {
      if (kit.visitor(request).step === 'sign-in') return pages.go(request, reply, '')
      const answer = await pages.call(request, reply, post('/user/email/verify/token', {}))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      if (answer.body.status === 'EMAIL_ALREADY_VERIFIED_ERROR') {
        // Elsewhere, of which this session does not know yet.
        await pages.call(request, reply, get('/user/email/verify'))
        return await afterFirstFactor(kit, request, reply)
      }
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return show(request, reply, problem)
      pages.keepTarget(request, reply)
      return pages.go(request, reply, PLACE, { sent: '1' })
    }
  })

  app.route({
    method: 'POST',
    ...at(`${PLACE}/confirm`),
    async handler (request, reply) {
      const token = given(request.body, 'token')
      const { step } = kit.visitor(request)
      if (step === 'sign-in') return askToSignIn(request, reply, token)
      const answer = await pages.call(request, reply, confirmation(token))
      const problem = pages.problemOf(request, answer, { EMAIL_VERIFICATION_INVALID_TOKEN_ERROR: 'This link is too old, or was used already. Please ask for a new one.' })
      if (problem !== undefined) {
        const asksAgain = step === 'verify-email' && answer.body.status === 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR'
        return asksAgain ? show(request, reply, problem) : pages.show(request, reply, 'confirm-email', { token: undefined, problem })
      }
      if (step === 'verify-email') return await afterFirstFactor(kit, request, reply)
      return pages.show(request, reply, 'message', {
        title: say(request, 'Your address is confirmed'),
        text: say(request, 'Thank you.'),
        next: { href: pages.destination(request), text: say(request, 'Continue') }
      })
    }
  })
}
