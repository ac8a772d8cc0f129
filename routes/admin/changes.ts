import type { FastifyInstance } from 'fastify'
import { changeNumber, forcePasswordChange, resetFactor, unlock, type Because } from '../../src/account/operator.js'
import { startRecovery, stopRecovery } from '../../src/account/operator-recovery.js'
import { sessionOf } from '../../src/admin/core-calls.js'
import { deletePerson } from '../../src/admin/deletion.js'
import { exportPerson } from '../../src/admin/person-export.js'
import { addRole, removeRole } from '../../src/admin/roles.js'
import { revokeSession, revokeSessions } from '../../src/admin/sessions.js'
import { may, type AdminRole, type Permission } from '../../src/admin-api/roles.js'
import { toSeconds } from '../../src/options/duration.js'
import { handleOf, idOf, type Fields } from './input.js'
import type { AdminKit } from './kit.js'

const OK = { status: 'OK' } as const

interface Change<Body> {
  method?: 'POST' | 'DELETE'
  /** Below `/users/:id`. */
  path: string
  body?: Fields
  isKept?: boolean
  isUnlock?: boolean
  permission: Permission | ((body: Body, params: unknown) => Permission)
  /** @returns what the answer says beside `status` */
  run (userId: string, how: Because & { body: Body, params: unknown, role: AdminRole }): Promise<object | void>
}

/** What changes an account. The owner is told of each, as of what operators do by a command. */
export function changeRoutes (app: FastifyInstance, { change }: AdminKit): void {
  const { operations, admin } = app.twoFactor
  const { act } = admin!

  function onUser<Body> ({ path, permission, isUnlock, run, ...route }: Change<Body>): void {
    change({
      ...route,
      path: `/users/:id${path}`,
      async answer ({ request, actor, body: given, because }) {
        const [userId, body, { params }] = [idOf(request), given as Body, request]
        const needed = typeof permission === 'string' ? permission : permission(body, params)
        return { ...OK, ...await act(actor, { permission: needed, userId, isChange: true, isUnlock }, () => run(userId, { ...because, body, params, role: actor.role })) }
      }
    })
  }

  onUser({ path: '/unlock', permission: 'unlock', isUnlock: true, run: (userId, { by, reason }) => unlock(operations, userId, { by, reason }) })

  onUser<{ keepPassword?: boolean }>({
    path: '/factors/:factor/reset',
    body: { keepPassword: { type: 'boolean' } },
    // The password of an account without a second factor is the whole of it.
    permission: ({ keepPassword }, params) => keepPassword === true || (params as { factor: string }).factor === 'all' ? 'reset-any-factor' : 'reset-one-factor',
    run: (userId, { by, reason, body: { keepPassword }, params, role }) =>
      resetFactor(operations, userId, { by, reason, factor: (params as { factor: string }).factor, keepPassword, keepOne: !may(role, 'reset-any-factor') })
  })

  onUser({ path: '/force-password-change', permission: 'force-password-change', run: (userId, { by, reason }) => forcePasswordChange(operations, userId, { by, reason }) })

  onUser<{ number: string }>({
    path: '/number',
    body: { number: { type: 'string', isNeeded: true } },
    permission: 'change-number',
    run: (userId, { by, reason, body: { number } }) => changeNumber(operations, userId, { by, reason, number })
  })

  onUser<{ wait?: number | string }>({
    path: '/recovery',
    isUnlock: true,
    body: { wait: { type: 'duration' } },
    // Who shortens the wait decides whether the owner hears of it in time.
    permission: ({ wait }) => wait === undefined ? 'start-recovery' : 'shorten-recovery',
    async run (userId, { by, reason, body: { wait } }) {
      const started = await startRecovery(operations, userId, { by, reason, wait: wait === undefined || wait === 0 ? wait : toSeconds(wait) })
      app.twoFactor.deliverInBackground(app.twoFactor.keepHouse())
      return started
    }
  })

  onUser({ method: 'DELETE', path: '/recovery', permission: 'stop-recovery', run: (userId, { by, reason }) => stopRecovery(operations, userId, { by, reason }) })

  onUser({ method: 'DELETE', path: '/sessions', permission: 'end-sessions', run: (userId, { by, reason }) => revokeSessions(operations, userId, { by, reason }) })

  onUser<{ role: string, tenantId?: string, create?: boolean }>({
    path: '/roles',
    body: { role: { type: 'string', isNeeded: true }, tenantId: { type: 'string' }, create: { type: 'boolean' } },
    permission: 'change-roles',
    run: (userId, { by, reason, body }) => addRole(operations, userId, { by, reason, ...body })
  })

  onUser<{ role: string, tenantId?: string }>({
    method: 'DELETE',
    path: '/roles',
    body: { role: { type: 'string', isNeeded: true }, tenantId: { type: 'string' } },
    permission: 'change-roles',
    run: (userId, { by, reason, body }) => removeRole(operations, userId, { by, reason, ...body })
  })

  onUser({
    path: '/export',
    // All that is known of somebody is kept in one place only.
    isKept: false,
    permission: 'export',
    run: async (userId, { by, reason }) => ({ export: await exportPerson(operations, userId, { by, reason }) })
  })

  onUser({ method: 'DELETE', path: '', permission: 'delete', run: (userId, { by, reason }) => deletePerson(operations, userId, { by, reason }) })

  change({
    method: 'DELETE',
    path: '/sessions/:handle',
    async answer ({ request, actor, because }) {
      const handle = handleOf(request)
      // Whose it is decides who may end it.
      const session = may(actor.role, 'end-sessions') ? await sessionOf(operations.core, handle) : undefined
      return { ...OK, ...await act(actor, { permission: 'end-sessions', userId: session?.userId, isChange: true }, () => revokeSession(operations, handle, because)) }
    }
  })
}
