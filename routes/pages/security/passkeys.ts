import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { given, post } from '../kit.js'
import { enrolled } from './enrolments.js'
import { nameIn, type SecurityKit } from './kit.js'
import { about, removalPage, withEnrolment } from './removal.js'

const PAGE = '/security/passkeys/add'
const RENAME = '/security/passkeys/rename'

/** What the script has put into the form; undefined for whatever else came. */
function credentialIn (body: unknown): object | undefined {
  try {
    const credential: unknown = JSON.parse(given(body, 'credential'))
    return typeof credential === 'object' && credential !== null ? credential : undefined
  } catch {
    return undefined
  }
}

/** Passkeys and security keys. The browser makes them (`assets/passkey-setup.js`). */
export function passkeyPages (app: FastifyInstance, kit: SecurityKit): void {
  if (!app.twoFactor.secondFactor.factors.some(({ id }) => id === 'passkey')) return
  const { pages } = kit

  function showName (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const { typed } = kit.noteOf(request, reply)
    return pages.show(request, reply, 'security-passkey', { typed: nameIn(request.body) ?? typed.name, options: undefined, problem }, problem?.statusCode)
  }

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => await kit.toConfirm(request, reply, PAGE) ?? showName(request, reply)
  })

  // Its answer works once, in this session: no redirect, and a reload asks for another one.
  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const name = nameIn(request.body)
      const answer = await pages.call(request, reply, post('/passkey/register/options', name === undefined ? {} : { name }))
      const away = kit.sentAway(request, reply, answer, PAGE, { name: name ?? '' })
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      return problem === undefined
        ? pages.show(request, reply, 'security-passkey', { typed: undefined, options: answer.body.options as object, problem })
        : showName(request, reply, problem)
    }
  })

  app.route({
    method: 'POST',
    ...kit.at('/security/passkeys/create'),
    async handler (request, reply) {
      const credential = credentialIn(request.body)
      // Sent without the script.
      if (credential === undefined) return pages.go(request, reply, PAGE)
      const answer = await pages.call(request, reply, post('/passkey/register', { credential }))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer, { RESTART_FLOW_ERROR: 'This took too long. Please start again.' })
      return problem === undefined ? enrolled(kit, request, reply, answer) : showName(request, reply, problem)
    }
  })

  const showRename = (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> =>
    withEnrolment(kit, request, reply, 'passkey', (enrolment) => pages.show(request, reply, 'security-rename', { enrolment, typed: nameIn(request.body), problem }, problem?.statusCode))

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
