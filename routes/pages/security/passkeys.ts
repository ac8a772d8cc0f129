import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { given, post } from '../kit.js'
import { answerScript, credentialIn, WRONG_PASSKEY } from '../passkey.js'
import { enrolled } from './enrolments.js'
import { isNotFresh, nameIn, type SecurityKit } from './kit.js'
import { about, removalPage, withEnrolment } from './removal.js'

const PAGE = '/security/passkeys/add'
const RENAME = '/security/passkeys/rename'

/** Passkeys and security keys. The browser makes them (`assets/passkey.js`). */
export function passkeyPages (app: FastifyInstance, kit: SecurityKit): void {
  if (!kit.has('passkey')) return
  const { pages } = kit

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => await kit.toConfirm(request, reply, PAGE) ?? pages.show(request, reply, 'security-passkey', { problem: undefined })
  })

  app.route({
    method: 'POST',
    ...kit.at('/security/passkeys/options'),
    async handler (request, reply) {
      const name = nameIn(request.body)
      const answer = await pages.call(request, reply, post('/passkey/register/options', name === undefined ? {} : { name }))
      // The script loads the page again then, which says what is next.
      return answerScript(reply, isNotFresh(answer) ? { ...answer, statusCode: 401 } : answer)
    }
  })

  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const credential = credentialIn(request.body)
      if (credential === undefined) return pages.go(request, reply, PAGE)
      const answer = await pages.call(request, reply, post('/passkey/register', { credential }))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer, WRONG_PASSKEY)
      return problem === undefined ? enrolled(kit, request, reply, answer) : pages.show(request, reply, 'security-passkey', { problem })
    }
  })

  const showRename = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> =>
    withEnrolment(kit, request, reply, 'passkey', (enrolment) => pages.show(request, reply, 'security-rename', { enrolment, typed: nameIn(request.body), problem }))

  app.route({
    method: 'GET',
    ...kit.at(RENAME),
    handler: async (request, reply) => await showRename(request, reply)
  })

  app.route({
    method: 'POST',
    ...kit.at(RENAME),
    async handler (request, reply) {
      const id = given(request.query, 'id')
      const answer = await pages.call(request, reply, post('/passkey/rename', { id, name: nameIn(request.body) ?? '' }))
      const away = kit.sentAway(request, reply, answer, about(RENAME, id))
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined && answer.body.status !== 'UNKNOWN_PASSKEY_ERROR') return await showRename(request, reply, problem)
      return kit.done(request, reply, problem === undefined ? 'renamed' : 'gone')
    }
  })

  removalPage(app, kit, { kind: 'passkey', remove: (id) => post('/passkey/remove', { id }), wasThere: () => true })
}
