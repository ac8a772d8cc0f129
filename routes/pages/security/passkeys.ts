import type { FastifyInstance } from 'fastify'
import { post } from '../kit.js'
import { answerScript, credentialIn, WRONG_PASSKEY } from '../passkey.js'
import { enrolled } from './enrolments.js'
import { isNotFresh, nameIn, type SecurityKit } from './kit.js'
import { removalPage } from './removal.js'
import { renamePage } from './rename.js'

const PAGE = '/security/passkeys/add'

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

  renamePage(app, kit, { kind: 'passkey', rename: (id, name) => post('/passkey/rename', { id, name }), unknown: 'UNKNOWN_PASSKEY_ERROR' })
  removalPage(app, kit, { kind: 'passkey', remove: (id) => post('/passkey/remove', { id }), wasThere: () => true })
}
