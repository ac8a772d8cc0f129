import type { FastifyInstance } from 'fastify'
import { listFactors } from '../../src/account/operator-list.js'
import { listPeople, type PeopleQuery } from '../../src/admin/people.js'
import { showPerson } from '../../src/admin/person.js'
import { listRoles } from '../../src/admin/roles.js'
import { listSessions } from '../../src/admin/sessions.js'
import { readStats } from '../../src/admin/stats.js'
import { foundBy, seenBy } from '../../src/admin-api/seen-by.js'
import { createConcurrency } from '../../src/outage/concurrency.js'
import { choiceIn, idOf, numberIn } from './input.js'
import type { AdminKit } from './kit.js'

/** Looking at everybody keeps the Core busy: whoever else asks meanwhile comes back later. */
const SCANS_AT_ONCE = 1

const OK = { status: 'OK' } as const
const ORDERS = ['newest', 'oldest'] as const
const FLAGS = ['true', 'false'] as const

/** What shows something and changes nothing. */
export function readRoutes (app: FastifyInstance, { read }: AdminKit): void {
  const { operations, admin } = app.twoFactor
  const { act, viewed } = admin!
  const scanning = createConcurrency(SCANS_AT_ONCE)

  read({
    path: '/users',
    query: { search: { type: 'string' }, tenantId: { type: 'string' }, order: { type: 'string' }, limit: { type: 'string' }, cursor: { type: 'string' } },
    async answer ({ actor, query: { search, tenantId, order, limit, cursor } }) {
      const asked: PeopleQuery = { search, tenantId, order: choiceIn('order', ORDERS, order), limit: numberIn(limit), cursor }
      return { ...OK, ...foundBy(actor.role, search, await act(actor, { permission: 'read' }, () => listPeople(operations, asked))) }
    }
  })

  read({
    path: '/users/:id',
    async answer ({ request, actor }) {
      const userId = idOf(request)
      const person = await act(actor, { permission: 'read', userId }, () => showPerson(operations, userId))
      viewed(actor, person.userId)
      return { ...OK, person: seenBy(actor.role, person) }
    }
  })

  read({
    path: '/users/:id/factors',
    async answer ({ request, actor }) {
      const userId = idOf(request)
      return { ...OK, ...await act(actor, { permission: 'read', userId }, () => listFactors(operations, userId)) }
    }
  })

  read({
    path: '/users/:id/sessions',
    async answer ({ request, actor }) {
      const userId = idOf(request)
      return { ...OK, ...await act(actor, { permission: 'read', userId }, () => listSessions(operations, userId)) }
    }
  })

  read({
    path: '/users/:id/roles',
    async answer ({ request, actor }) {
      const userId = idOf(request)
      return { ...OK, roles: await act(actor, { permission: 'read', userId }, () => listRoles(operations, userId)) }
    }
  })

  read({
    path: '/stats',
    query: { everybody: { type: 'string' }, sessions: { type: 'string' } },
    async answer ({ actor, query }) {
      const [everybody, sessions] = [choiceIn('everybody', FLAGS, query.everybody) === 'true', choiceIn('sessions', FLAGS, query.sessions) === 'true']
      const count = () => readStats(operations, { everybody, sessions })
      return { ...OK, ...await act(actor, { permission: 'read' }, () => everybody || sessions ? scanning(count) : count()) }
    }
  })
}
