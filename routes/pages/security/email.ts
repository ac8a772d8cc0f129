import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { given, post } from '../kit.js'
import { choiceOf } from '../factors.js'
import { toSignIn } from '../refresh.js'
import { beside, type SecurityKit } from './kit.js'
import { passwordLoginOf } from './overview.js'

const PAGE = '/security/email'

/** Another address to sign in with. The link in the mail leads to `/verify-email`. */
export function emailPage (app: FastifyInstance, kit: SecurityKit): void {
  const { pages, options: { firstFactor } } = kit
  // With phone + password the login is a number.
  if (firstFactor !== 'email-password') return

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    const [choice, current] = [await choiceOf(kit, request, reply), await passwordLoginOf(kit, request)]
    if (choice === undefined) return toSignIn(pages, request, reply, pages.places.base + PAGE)
    if (current === undefined) return pages.go(request, reply, '/security')
    const { typed } = kit.noteOf(request, reply, PAGE)
    return pages.show(request, reply, 'security-email', {
      current,
      asksForPassword: choice.setUp.length === 0,
      typed: given(request.body, 'email') || typed.email,
      problem
    })
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
      const [email, password] = [given(request.body, 'email'), given(request.body, 'password')]
      const answer = await pages.call(request, reply, post('/account/email', { email, ...(password !== '' && { password }) }))
      const away = kit.sentAway(request, reply, answer, PAGE, { email })
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem === undefined) {
        kit.afterMail(reply)
        return kit.done(request, reply, 'address-asked')
      }
      return await show(request, reply, beside('password', problem, answer))
    }
  })
}
