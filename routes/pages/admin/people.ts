import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { listPeople, type Person, type PeoplePage } from '../../../src/admin/people.js'
import { administers } from '../../../src/admin-api/gate.js'
import { may } from '../../../src/admin-api/roles.js'
import { findsWholeOnly, foundBy } from '../../../src/admin-api/seen-by.js'
import { SAID, takeNote } from '../../../src/hosted-pages/note.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import type { AdminEntry } from '../../../src/hosted-pages/templates/admin/data.js'
import { given } from '../kit.js'
import type { AdminPageKit } from './kit.js'

/** On one page. */
const SHOWN = 20
/** As many as a search looks at, where only whole addresses count. */
const LOOKED_AT = 500

const IN_CHARACTERS = 256

export const entryOf = ({ userId, logins, joinedAt }: Person): AdminEntry => ({
  id: userId,
  logins: logins.map(({ email, phone, provider }) => email ?? phone ?? provider ?? '').filter((login) => login !== ''),
  joinedAt
})

/**
 * The search for people. It is a form that is sent, though it changes nothing: addresses do not belong into the address of a
 * page, which browsers and proxies write down.
 */
export function peoplePages (app: FastifyInstance, kit: AdminPageKit): void {
  const { pages, actorOf } = kit
  const { operations, admin } = app.twoFactor

  async function find (request: FastifyRequest, search: string, cursor: string | undefined): Promise<PeoplePage> {
    const actor = actorOf(request)
    const limit = search === '' ? SHOWN : LOOKED_AT
    const { people, ...rest } = await admin!.act(actor, { permission: 'read' }, () => listPeople(operations, { tenantId: actor.tenantId, search, limit, cursor }, findsWholeOnly(actor.role)))
    const found = foundBy(actor.role, search, { ...rest, people: people.filter(({ tenantIds }) => administers(actor, tenantIds)) })
    const shown = found.people.slice(0, SHOWN)
    admin!.viewed(actor, shown.length)
    return search === '' ? found : { people: shown, ...((found.people.length > SHOWN || found.incomplete) && { incomplete: true }) }
  }

  async function show (request: FastifyRequest, reply: FastifyReply, search: string, cursor?: string): Promise<FastifyReply> {
    let problem: Problem | undefined
    const { people, next, incomplete = false } = await find(request, search, cursor).catch((err: unknown): PeoplePage => {
      problem = kit.problemOf(request, err)
      return { people: [] }
    })
    const { said } = takeNote(request, reply, pages.places)
    return pages.show(request, reply, 'admin', {
      said: said && kit.say(request, SAID[said]),
      problem,
      search,
      findsBeginnings: may(actorOf(request).role, 'see-unmasked'),
      people: people.map(entryOf),
      next,
      isIncomplete: incomplete
    })
  }

  app.route({
    method: 'GET',
    ...kit.at('/admin'),
    handler: async (request, reply) => await show(request, reply, '', given(request.query, 'from') || undefined)
  })

  app.route({
    method: 'POST',
    ...kit.at('/admin'),
    handler: async (request, reply) => await show(request, reply, given(request.body, 'search').slice(0, IN_CHARACTERS).trim())
  })
}
