import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { dropPending, keepPending, pendingOf } from '../../../src/hosted-pages/pending.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { PLACES } from '../../../src/hosted-pages/templates/security/parts.js'
import { textOf } from '../../../src/members.js'
import { given, post } from '../kit.js'
import { choiceOf } from '../factors.js'
import { WRONG_CODE } from '../sent-codes.js'
import { toSignIn } from '../refresh.js'
import { enrolled } from './enrolments.js'
import type { SecurityKit } from './kit.js'
import { removalPage } from './removal.js'

/** The endpoints by which codes go elsewhere, and the names of the address in them. */
const KINDS = {
  sms: { endpoint: '/account/phone', field: 'phoneNumber', changed: 'phone-changed' },
  email: { endpoint: '/account/email-factor', field: 'email', changed: 'email-factor-changed' }
} as const

type Kind = keyof typeof KINDS

/** Codes by SMS or mail: where they go, whether there was an address before or not. */
export function contactPages (app: FastifyInstance, kit: SecurityKit): void {
  for (const kind of ['sms', 'email'] as const) if (kit.has(kind)) pagesOf(app, kit, kind)
}

function pagesOf (app: FastifyInstance, kit: SecurityKit, kind: Kind): void {
  const { pages, options: { emailFactorFlow } } = kit
  const { endpoint, field, changed } = KINDS[kind]
  const page = PLACES[kind]
  const purpose = `security-${kind}`
  const sends = kind === 'sms' ? 'code' : emailFactorFlow

  /** Where codes go now, and where alone they may go to; undefined once the session has ended. */
  async function standingOf (request: FastifyRequest, reply: FastifyReply) {
    const choice = await choiceOf(kit, request, reply)
    if (choice === undefined) return undefined
    const current = choice.setUp.find(({ id }) => id === kind)
    return { isSetUp: current !== undefined, current: current?.contact, fixed: choice.allowed.find(({ id }) => id === kind)?.contact }
  }

  async function show (request: FastifyRequest, reply: FastifyReply, isSent: boolean, problem?: Problem): Promise<FastifyReply> {
    const standing = await standingOf(request, reply)
    if (standing === undefined) return toSignIn(pages, request, reply, pages.places.base + page)
    const { typed } = kit.noteOf(request, reply, page)
    return pages.show(request, reply, 'security-contact', {
      kind,
      current: standing.current,
      fixed: standing.fixed,
      sends,
      isSent,
      typed: given(request.body, 'contact') || typed.contact,
      problem
    })
  }

  app.route({
    method: 'GET',
    ...kit.at(page),
    handler: async (request, reply) => await kit.toConfirm(request, reply, page) ??
      await show(request, reply, pendingOf(request, pages.places, purpose) !== undefined && given(request.query, 'other') === '')
  })

  app.route({
    method: 'POST',
    ...kit.at(page),
    async handler (request, reply) {
      const standing = await standingOf(request, reply)
      const contact = given(request.body, 'contact') || standing?.fixed
      const answer = await pages.call(request, reply, post(standing?.isSetUp === true ? endpoint : '/signinup/code', { [field]: contact ?? '' }))
      const away = kit.sentAway(request, reply, answer, page, { contact: given(request.body, 'contact') })
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return await show(request, reply, false, problem)
      if (sends !== 'code') kit.afterMail(reply)
      keepPending(reply, pages.places, { purpose, deviceId: textOf(answer.body, 'deviceId')!, preAuthSessionId: textOf(answer.body, 'preAuthSessionId')! })
      return pages.go(request, reply, page)
    }
  })

  app.route({
    method: 'POST',
    ...kit.at(`${page}/code`),
    async handler (request, reply) {
      const pending = pendingOf(request, pages.places, purpose)
      if (pending === undefined) return pages.go(request, reply, page)
      const { deviceId, preAuthSessionId } = pending
      const isSetUp = (await standingOf(request, reply))?.isSetUp === true
      const answer = await pages.call(request, reply, post(isSetUp ? `${endpoint}/verify` : '/signinup/code/consume', { deviceId, preAuthSessionId, userInputCode: given(request.body, 'code') }))
      const away = kit.sentAway(request, reply, answer, page)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer, WRONG_CODE)
      if (problem !== undefined) return await show(request, reply, true, problem)
      if (!isSetUp) return enrolled(kit, request, reply, answer)
      dropPending(reply, pages.places)
      return kit.done(request, reply, changed)
    }
  })

  removalPage(app, kit, { kind, remove: () => post(`${endpoint}/remove`, {}), wasThere: ({ wasEnrolled }) => wasEnrolled === true })
}
