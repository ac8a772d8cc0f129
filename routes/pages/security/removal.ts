import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiCall } from '../../../src/hosted-pages/api.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import type { Enrolment, FactorKind } from '../../../src/hosted-pages/templates/security/data.js'
import { PLACES } from '../../../src/hosted-pages/templates/security/parts.js'
import { given } from '../kit.js'
import { enrolmentsOf, withoutEnrolments } from './enrolments.js'
import type { SecurityKit } from './kit.js'

interface Removal {
  kind: FactorKind
  /** @param id of the enrolment, for factors of which there can be several */
  remove (id: string): ApiCall
  /** Whether the answer says that it was there. */
  wasThere (body: Record<string, unknown>): boolean
}

/** The page's address with the enrolment that it is about. */
export const about = (page: string, id: string): string => id === '' ? page : `${page}?${new URLSearchParams({ id }).toString()}`

/**
 * Finds the enrolment that a page is about among the person's own, and shows something with it. One that is not there any
 * more, or somebody else's, leads back to the overview.
 */
export async function withEnrolment (kit: SecurityKit, request: FastifyRequest, reply: FastifyReply, kind: FactorKind, show: (enrolment: Enrolment) => FastifyReply): Promise<FastifyReply> {
  const id = given(request.query, 'id')
  const found = await enrolmentsOf(kit, request, reply)
  if ('refused' in found) return withoutEnrolments(kit, request, reply, found.refused)
  const enrolment = found.enrolments.find((one) => one.kind === kind && (one.id ?? '') === id)
  return enrolment === undefined ? kit.done(request, reply, 'gone') : show(enrolment)
}

/** Asks before it removes a second factor. */
export function removalPage (app: FastifyInstance, kit: SecurityKit, { kind, remove, wasThere }: Removal): void {
  const { pages } = kit
  const page = `${PLACES[kind]}/remove`

  const show = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> =>
    withEnrolment(kit, request, reply, kind, (enrolment) => pages.show(request, reply, 'security-remove', { enrolment, problem }))

  app.route({
    method: 'GET',
    ...kit.at(page),
    handler: async (request, reply) => await kit.toConfirm(request, reply, about(page, given(request.query, 'id'))) ?? await show(request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at(page),
    async handler (request, reply) {
      const id = given(request.query, 'id')
      const answer = await pages.call(request, reply, remove(id))
      const away = kit.sentAway(request, reply, answer, about(page, id))
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined && answer.body.status === 'GENERAL_ERROR') return await show(request, reply, problem)
      return kit.done(request, reply, problem === undefined && wasThere(answer.body) ? 'removed' : 'gone')
    }
  })
}
