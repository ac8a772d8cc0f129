import type { FastifyInstance } from 'fastify'
import { changeNumber, forcePasswordChange, resetFactor, unlock } from '../../src/account/operator.js'
import { startRecovery, stopRecovery } from '../../src/account/operator-recovery.js'
import { may } from '../../src/admin-api/roles.js'
import { idOf } from './input.js'
import type { AdminKit } from './kit.js'

const DONE = { status: 'OK' } as const

/** What changes an account. The owner is told of each, as of what operators do by a command. */
export function changeRoutes (app: FastifyInstance, { change }: AdminKit): void {
  const { operations, admin } = app.twoFactor
  const { act } = admin!

  change({
    path: '/users/:id/unlock',
    async answer ({ request, actor, because }) {
      const userId = idOf(request)
      await act(actor, { permission: 'unlock', userId, isChange: true }, () => unlock(operations, userId, because))
      return DONE
    }
  })

  change({
    path: '/users/:id/factors/:factor/reset',
    body: { keepPassword: { type: 'boolean' } },
    async answer ({ request, actor, body: { keepPassword = false }, because }) {
      const userId = idOf(request)
      const { factor } = request.params as { factor: string }
      const isAny = may(actor.role, 'reset-any-factor')
      // The password of an account without a second factor is the whole of it.
      const permission = factor === 'all' || keepPassword === true ? 'reset-any-factor' : 'reset-one-factor'
      const result = await act(actor, { permission, userId, isChange: true }, () => resetFactor(operations, userId, { ...because, factor, keepPassword: keepPassword === true, keepOne: !isAny }))
      return { ...DONE, ...result }
    }
  })

  change({
    path: '/users/:id/force-password-change',
    async answer ({ request, actor, because }) {
      const userId = idOf(request)
      await act(actor, { permission: 'force-password-change', userId, isChange: true }, () => forcePasswordChange(operations, userId, because))
      return DONE
    }
  })

  change({
    path: '/users/:id/number',
    body: { number: { type: 'string', isNeeded: true } },
    async answer ({ request, actor, body, because }) {
      const userId = idOf(request)
      await act(actor, { permission: 'change-number', userId, isChange: true }, () => changeNumber(operations, userId, { ...because, number: body.number as string }))
      return DONE
    }
  })

  change({
    path: '/users/:id/recovery',
    body: { wait: { type: 'number' } },
    async answer ({ request, actor, body: { wait }, because }) {
      const userId = idOf(request)
      // Who shortens the wait decides whether the owner hears of it in time.
      const started = await act(actor, { permission: wait === undefined ? 'start-recovery' : 'shorten-recovery', userId, isChange: true }, () => startRecovery(operations, userId, { ...because, wait: wait as number | undefined }))
      app.twoFactor.deliverInBackground(app.twoFactor.keepHouse())
      return { ...DONE, ...started }
    }
  })

  change({
    method: 'DELETE',
    path: '/users/:id/recovery',
    async answer ({ request, actor, because }) {
      const userId = idOf(request)
      await act(actor, { permission: 'stop-recovery', userId, isChange: true }, () => stopRecovery(operations, userId, because))
      return DONE
    }
  })
}
