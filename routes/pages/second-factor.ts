import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FactorBroken } from '../../src/errors.js'
import { dropNote } from '../../src/hosted-pages/note.js'
import { dropPending } from '../../src/hosted-pages/pending.js'
import { choiceOf, isSent, send } from './factors.js'
import { get, goOn, post, toVerification, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

/** Whether the address has to be verified now; its mail is on the way then. */
async function verifiesNow ({ pages, options }: PageKit, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if (options.emailVerification !== 'required') return false
  const { body } = await pages.call(request, reply, get('/user/email/verify'))
  if (body.isVerified !== false) return false
  await pages.call(request, reply, post('/user/email/verify/token', {}))
  pages.keepTarget(request, reply)
  return true
}

/**
 * The first factor has passed: shows what is next. Where the only second factor is a code that is sent, it is on its way
 * by now: one page less for nearly everybody.
 */
export async function afterFirstFactor (kit: PageKit, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { pages } = kit
  // A code of somebody who signed in here before is none for this session, and what they typed is theirs.
  dropPending(reply, pages.places)
  dropNote(request, reply, pages.places)
  if (await verifiesNow(kit, request, reply)) return toVerification(pages, request, reply)
  const choice = await choiceOf(kit, request, reply)
  const [only, ...others] = choice?.setUp.filter(({ id }) => id !== 'recovery-codes') ?? []
  if (only === undefined || others.length > 0 || !isSent(only.id)) return pages.go(request, reply, '/second-factor')
  const problem = await send(kit, request, reply, only.id, only.contact)
  // The page says by itself what is in the way, once the person asks for the code.
  return pages.go(request, reply, problem === undefined ? `/second-factor/${only.id}` : '/second-factor')
}

/** The choice among second factors. */
export function secondFactorPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at } = kit

  app.route({
    method: 'GET',
    ...at('/second-factor'),
    async handler (request, reply) {
      if (kit.visitor(request).step !== 'second-factor') return goOn(kit, request, reply)
      const choice = await choiceOf(kit, request, reply)
      if (choice === undefined) return toSignIn(pages, request, reply)
      const isSetUp = choice.setUp.length > 0
      const factors = isSetUp ? choice.setUp : choice.allowed
      // Once more: the strongest, from whose page recovery codes can be reached.
      if (factors.length === 1 || (pages.isOnceMore(request) && isSetUp)) return pages.go(request, reply, `/second-factor/${factors[0]!.id}`)
      // Nothing can be used or set up: the error page says whom to ask.
      if (factors.length === 0) throw new FactorBroken()
      return pages.show(request, reply, 'factor-choice', { isSetUp, factors, canRecover: isSetUp && kit.options.accountRecovery })
    }
  })
}
