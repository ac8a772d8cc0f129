import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { NotFound } from '../../src/errors.js'
import type { PageProvider } from '../../src/hosted-pages/providers.js'
import { keepLogin, newState, takeLogin } from '../../src/hosted-pages/social-login.js'
import { textOf } from '../../src/members.js'
import { afterFirstFactor } from './second-factor.js'
import { get, given, post, type PageKit } from './kit.js'

/** Apple posts a form, which has to go to the interface. That leads on to the page which `state` names. */
const POSTS = 'apple'

/** Signing in with an account of another service. */
export function socialLoginPages (app: FastifyInstance, kit: PageKit, providers: readonly PageProvider[]): void {
  const { pages, at, say } = kit
  const { authPath } = app.twoFactor
  const { origin, base } = pages.places

  function providerOf (request: FastifyRequest): PageProvider {
    const found = providers.find(({ id }) => id === given(request.params, 'provider'))
    if (found === undefined) throw new NotFound()
    return found
  }

  const pageOf = ({ id }: PageProvider): string => `${origin}${base}/callback/${encodeURIComponent(id)}`
  const redirectOf = (provider: PageProvider): string => provider.id === POSTS ? `${origin}${authPath.public}/callback/apple` : pageOf(provider)

  function showFailure (request: FastifyRequest, reply: FastifyReply, text: string, statusCode: number): FastifyReply {
    return pages.show(request, reply, 'message', { title: say(request, 'This did not work'), text, next: { href: pages.to(request, ''), text: say(request, 'Back to the start') } }, statusCode)
  }

  app.route({
    method: 'POST',
    ...at('/with/:provider'),
    async handler (request, reply) {
      const provider = providerOf(request)
      const query = { thirdPartyId: provider.id, redirectURIOnProviderDashboard: redirectOf(provider), ...(provider.clientType !== undefined && { clientType: provider.clientType }) }
      const answer = await pages.call(request, reply, get('/authorisationurl', query))
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return showFailure(request, reply, problem.message, problem.statusCode)
      const random = newState()
      const state = provider.id === POSTS ? Buffer.from(JSON.stringify({ state: random, frontendRedirectURI: pageOf(provider) })).toString('base64') : random
      keepLogin(reply, pages.places, { provider: provider.id, state, pkceCodeVerifier: textOf(answer.body, 'pkceCodeVerifier') })
      pages.keepTarget(request, reply)
      const address = new URL(textOf(answer.body, 'urlWithQueryParams')!)
      address.searchParams.set('state', state)
      return pages.forward(request, reply, address.href)
    }
  })

  app.route({
    method: 'GET',
    ...at('/callback/:provider'),
    async handler (request, reply) {
      const provider = providerOf(request)
      const login = takeLogin(request, reply, pages.places, { provider: provider.id, state: given(request.query, 'state') })
      if (login === undefined) return showFailure(request, reply, say(request, 'This sign-in was not started in this browser, or took too long. Please start again.'), 403)
      // Also when the person has changed their mind there (RFC 6749, 4.1.2.1).
      if (given(request.query, 'code') === '') return showFailure(request, reply, say(request, 'You are not signed in with {name}. Please try again, or choose another way.', { name: provider.name }), 422)
      const redirectURIQueryParams = Object.fromEntries(Object.entries(request.query as Record<string, unknown>).filter(([, value]) => typeof value === 'string'))
      const answer = await pages.call(request, reply, post('/signinup', {
        thirdPartyId: provider.id,
        ...(provider.clientType !== undefined && { clientType: provider.clientType }),
        redirectURIInfo: { redirectURIOnProviderDashboard: redirectOf(provider), redirectURIQueryParams, ...(login.pkceCodeVerifier !== undefined && { pkceCodeVerifier: login.pkceCodeVerifier }) }
      }))
      const problem = pages.problemOf(request, answer, { NO_EMAIL_GIVEN_BY_PROVIDER: 'This account has no e-mail address. Please choose another way.' })
      return problem === undefined ? await afterFirstFactor(kit, request, reply) : showFailure(request, reply, problem.message, problem.statusCode)
    }
  })
}
