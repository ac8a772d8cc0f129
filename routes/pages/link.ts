import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { PageText } from '../../src/language/page-sentences.js'
import { passed } from './factors.js'
import { given, post, type PageKit } from './kit.js'

const PLACE = '/verify'

const WRONG: Record<string, PageText> = {
  RESTART_FLOW_ERROR: 'This link is too old, or was used already. Please ask for a new one.',
  EXPIRED_USER_INPUT_CODE_ERROR: 'This link is too old, or was used already. Please ask for a new one.',
  INCORRECT_USER_INPUT_CODE_ERROR: 'This link is too old, or was used already. Please ask for a new one.'
}

/**
 * The page of a link by mail. What it is worth is in its fragment, which no server sees: programs that look at links in
 * mails use nothing up. So a script sends it.
 */
export function linkPage (app: FastifyInstance, kit: PageKit): void {
  const { pages, at, say } = kit

  app.route({
    method: 'GET',
    ...at(PLACE),
    handler: async (request, reply) => pages.show(request, reply, 'link', { preAuthSessionId: given(request.query, 'preAuthSessionId') })
  })

  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request: FastifyRequest, reply: FastifyReply) {
      const [linkCode, preAuthSessionId] = [given(request.body, 'linkCode'), given(request.body, 'preAuthSessionId')]
      const answer = await pages.call(request, reply, post('/signinup/code/consume', { linkCode, preAuthSessionId }))
      const problem = pages.problemOf(request, answer, WRONG)
      if (problem === undefined) return passed(kit, request, reply, answer)
      return pages.show(request, reply, 'message', { title: say(request, 'This did not work'), text: problem.message, next: { href: pages.to(request, ''), text: say(request, 'Continue') } }, problem.statusCode)
    }
  })
}
