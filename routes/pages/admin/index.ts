import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isPlainId } from '../../../src/admin-api/gate.js'
import type { AdminPageRoles } from '../../../src/admin-api/options.js'
import { given, type PageKit } from '../kit.js'
import { actPageOf, actPages } from './acts.js'
import { auditPages } from './audit.js'
import { adminPageKit } from './kit.js'
import { peoplePages } from './people.js'
import { personPages } from './person.js'

/** Where a page that only shows something leads back to. */
function shownPageOf (request: FastifyRequest): string {
  if (request.routeOptions.url?.endsWith('/admin/audit') === true) {
    const userId = given(request.method === 'POST' ? request.body : request.query, 'userId')
    return `/admin/audit${isPlainId(userId) ? `?userId=${userId}` : ''}`
  }
  const id = given(request.query, 'id')
  return id === '' ? '/admin' : `/admin/person?${new URLSearchParams({ id }).toString()}`
}

/** The admin page: what the API does, for people with a role and a second factor that has just passed. */
export async function adminPages (app: FastifyInstance, pageKit: PageKit, pageRoles: AdminPageRoles): Promise<void> {
  const kit = adminPageKit(app, pageKit, pageRoles)
  await app.register(async (scope) => {
    kit.guard(scope, 'read', shownPageOf)
    peoplePages(scope, kit)
    personPages(scope, kit)
    auditPages(scope, kit)
  })
  await app.register(async (scope) => {
    kit.guard(scope, 'change', actPageOf)
    actPages(scope, kit)
  })
}
