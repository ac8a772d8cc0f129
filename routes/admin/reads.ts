import type { FastifyInstance } from 'fastify'
import { listFactors } from '../../src/account/operator-list.js'
import { FILTER_SHAPES, filtersIn } from '../../src/audit/reader/filters.js'
import { listPeople, type PeopleQuery } from '../../src/admin/people.js'
import { showPerson } from '../../src/admin/person.js'
import { listRoles } from '../../src/admin/roles.js'
import { listSessions } from '../../src/admin/sessions.js'
import { readStats } from '../../src/admin/stats.js'
import { readAuditAs } from '../../src/admin-api/audit.js'
import { isPlainId } from '../../src/admin-api/gate.js'
import type { AdminRole } from '../../src/admin-api/roles.js'
import { findsWholeOnly, foundBy, seenBy } from '../../src/admin-api/seen-by.js'
import { BodyInvalid } from '../../src/errors.js'
import { createConcurrency } from '../../src/outage/concurrency.js'
import { choiceIn, idOf, limitIn, type Fields } from './input.js'
import type { AdminKit } from './kit.js'

/** Looking at everybody keeps the Core busy: whoever else asks meanwhile comes back later. */
const SCANS_AT_ONCE = 1

const OK = { status: 'OK' } as const
const ORDERS = ['newest', 'oldest'] as const
const FLAGS = ['true', 'false'] as const

const AUDIT_QUERY: Fields = Object.fromEntries(['userId', 'type', 'actor', 'result', 'requestId', 'since', 'until', 'limit', 'cursor'].map((name) => [name, { type: 'string' }]))

/** What shows something and changes nothing. */
export function readRoutes (app: FastifyInstance, { read }: AdminKit): void {
  const { operations, admin } = app.twoFactor
  const { act, viewed } = admin!
  const scanning = createConcurrency(SCANS_AT_ONCE)

  read({
    path: '/users',
    query: { search: { type: 'string' }, tenantId: { type: 'string' }, order: { type: 'string' }, limit: { type: 'string' }, cursor: { type: 'string' } },
    async answer ({ actor, query: { search, tenantId, order, limit, cursor } }) {
      const asked: PeopleQuery = { search, tenantId, order: choiceIn('order', ORDERS, order), limit: limitIn(limit), cursor }
      const found = foundBy(actor.role, search, await act(actor, { permission: 'read' }, () => listPeople(operations, asked, findsWholeOnly(actor.role))))
      viewed(actor, found.people.length)
      return { ...OK, ...found }
    }
  })

  function ofUser (path: string, find: (userId: string, role: AdminRole) => Promise<object>): void {
    read({
      path: `/users/:id${path}`,
      async answer ({ request, actor }) {
        const userId = idOf(request)
        const found = await act(actor, { permission: 'read', userId }, () => find(userId, actor.role))
        viewed(actor, userId)
        return { ...OK, ...found }
      }
    })
  }

  ofUser('', async (userId, role) => ({ person: seenBy(role, await showPerson(operations, userId)) }))
  ofUser('/factors', (userId) => listFactors(operations, userId))
  ofUser('/sessions', (userId) => listSessions(operations, userId))
  ofUser('/roles', async (userId) => ({ roles: await listRoles(operations, userId) }))

  read({
    path: '/stats',
    query: { everybody: { type: 'string' }, sessions: { type: 'string' } },
    async answer ({ actor, query }) {
      const [everybody, sessions] = [choiceIn('everybody', FLAGS, query.everybody) === 'true', choiceIn('sessions', FLAGS, query.sessions) === 'true']
      const count = () => readStats(operations, { everybody, sessions })
      return { ...OK, ...await act(actor, { permission: 'read' }, () => everybody || sessions ? scanning(count) : count()) }
    }
  })

  read({
    path: '/audit',
    query: AUDIT_QUERY,
    async answer ({ actor, query: { limit, cursor, ...texts } }) {
      const { filters, wrong: [wrong] } = filtersIn(texts)
      if (wrong !== undefined) throw new BodyInvalid(`${wrong} must be ${FILTER_SHAPES[wrong]}`)
      const asked = { ...filters, limit: limitIn(limit), cursor }
      const page = await readAuditAs(app, actor, asked)
      viewed(actor, isPlainId(filters.userId) ? filters.userId : page.events.length, 'audit events')
      return { ...OK, ...page }
    }
  })
}
