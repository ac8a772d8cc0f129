import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiCall } from '../../../src/hosted-pages/api.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import type { FactorKind } from '../../../src/hosted-pages/templates/security/data.js'
import { PLACES } from '../../../src/hosted-pages/templates/security/parts.js'
import { given } from '../kit.js'
import { besideName, nameIn, type SecurityKit } from './kit.js'
import { about, withEnrolment } from './removal.js'

interface Renaming {
  kind: FactorKind
  rename (id: string, name: string): ApiCall
  /** Status of an answer that says that it is not there. */
  unknown: string
}

/** Another name for something. It proves nothing, so it takes no second factor that has just passed. */
export function renamePage (app: FastifyInstance, kit: SecurityKit, { kind, rename, unknown }: Renaming): void {
  const { pages } = kit
  const page = `${PLACES[kind]}/rename`

  const show = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> =>
    withEnrolment(kit, request, reply, kind, (enrolment) => pages.show(request, reply, 'security-rename', { enrolment, typed: nameIn(request.body), problem }))

  app.route({ method: 'GET', ...kit.at(page), handler: async (request, reply) => await show(request, reply) })

  app.route({
    method: 'POST',
    ...kit.at(page),
    async handler (request, reply) {
      const id = given(request.query, 'id')
      const name = nameIn(request.body)
      // Browsers ask for a name: the field is required.
      if (name === undefined) return pages.go(request, reply, page, { id })
      const answer = await pages.call(request, reply, rename(id, name))
      const away = kit.sentAway(request, reply, answer, about(page, id))
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined && answer.body.status !== unknown) return await show(request, reply, besideName(problem, answer))
      return kit.done(request, reply, problem === undefined ? 'renamed' : 'gone')
    }
  })
}
