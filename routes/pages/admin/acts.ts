import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forcePasswordChange, resetFactor, unlock, type Because, type Operations } from '../../../src/account/operator.js'
import { startRecovery, stopRecovery } from '../../../src/account/operator-recovery.js'
import { sessionOf } from '../../../src/admin/core-calls.js'
import { deletePerson } from '../../../src/admin/deletion.js'
import { showPerson } from '../../../src/admin/person.js'
import { revokeSession, revokeSessions } from '../../../src/admin/sessions.js'
import { may } from '../../../src/admin-api/roles.js'
import { seenBy } from '../../../src/admin-api/seen-by.js'
import { operationRefused } from '../../../src/account/refusals.js'
import { UserUnknown } from '../../../src/errors.js'
import { keepNote, takeNote } from '../../../src/hosted-pages/note.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { ADMIN_ACTS, type AdminAct } from '../../../src/hosted-pages/templates/admin/data.js'
import { given, showFailure } from '../kit.js'
import type { AdminPageKit } from './kit.js'
import { entryOf } from './people.js'
import { PERMISSIONS } from './person.js'

/** Whom a form is about, and what of theirs. */
const aboutIn = ({ method, query, body }: FastifyRequest): { id: string, item: string } => {
  const source = method === 'POST' ? body : query
  return { id: given(source, 'id'), item: given(source, 'item') }
}

/** The page of an act, below the hosted pages. */
export function actPageOf (request: FastifyRequest): string {
  const act = ADMIN_ACTS.find((one) => request.routeOptions.url?.endsWith(`/admin/${one}`))
  const { id, item } = aboutIn(request)
  return `/admin/${act}?${new URLSearchParams({ id, ...(item !== '' && { item }) }).toString()}`
}

/** Does what a page is for. A session has to be of the person that the page showed. */
const RUN: Record<AdminAct, (operations: Operations, userId: string, because: Because & { item: string, keepOne: boolean }) => Promise<unknown>> = {
  unlock: (operations, userId, { by, reason }) => unlock(operations, userId, { by, reason }),
  'reset-factor': (operations, userId, { by, reason, item, keepOne }) => resetFactor(operations, userId, { by, reason, factor: item, keepOne }),
  async 'end-session' (operations, userId, { by, reason, item }) {
    const session = item === '' ? undefined : await sessionOf(operations.core, item)
    if (session?.userId !== userId) throw operationRefused('session-gone', 'There is no such session any more.')
    await revokeSession(operations, item, { by, reason })
  },
  'end-sessions': (operations, userId, { by, reason }) => revokeSessions(operations, userId, { by, reason }),
  'start-recovery': (operations, userId, { by, reason }) => startRecovery(operations, userId, { by, reason }),
  'stop-recovery': (operations, userId, { by, reason }) => stopRecovery(operations, userId, { by, reason }),
  'force-password-change': (operations, userId, { by, reason }) => forcePasswordChange(operations, userId, { by, reason }),
  delete: (operations, userId, { by, reason }) => deletePerson(operations, userId, { by, reason })
}

/** Pages that ask why, and do it. */
export function actPages (app: FastifyInstance, kit: AdminPageKit): void {
  const { pages, actorOf, say } = kit
  const { operations, admin, secondFactor: { factors } } = app.twoFactor
  const { act: allowed } = admin!

  async function show (request: FastifyRequest, reply: FastifyReply, act: AdminAct, problem?: Problem): Promise<FastifyReply> {
    const [{ id, item }, actor] = [aboutIn(request), actorOf(request)]
    try {
      const person = await allowed(actor, { permission: PERMISSIONS[act], userId: id, isChange: true }, async () => {
        if (id === '') throw new UserUnknown()
        return seenBy(actor.role, await showPerson(operations, id))
      })
      const { typed } = takeNote(request, reply, pages.places)
      return pages.show(request, reply, 'admin-act', {
        problem,
        act,
        id: person.userId,
        name: entryOf(person).logins.join(', ') || person.userId,
        item,
        factor: factors.find((one) => one.id === item)?.id,
        typed: given(request.body, 'reason') || (typed?.page === actPageOf(request) ? typed.fields.reason ?? '' : '')
      })
    } catch (err) {
      return showFailure(kit, request, reply, kit.problemOf(request, err), { path: '/admin', text: 'Back to administration' })
    }
  }

  for (const act of ADMIN_ACTS) {
    const path = `/admin/${act}`

    app.route({ method: 'GET', ...kit.at(path), handler: async (request, reply) => await show(request, reply, act) })

    app.route({
      method: 'POST',
      ...kit.at(path),
      async handler (request, reply) {
        const [{ id, item }, actor, reason] = [aboutIn(request), actorOf(request), given(request.body, 'reason').trim()]
        // Browsers ask for a reason: the field is required.
        if (reason === '' || reason.length > 512 || /\p{Cc}/u.test(reason)) {
          const message = say(request, 'Please write why, on a single line.')
          return await show(request, reply, act, { message, fields: { reason: message }, code: undefined, statusCode: 422, retryAfter: undefined })
        }
        try {
          await allowed(actor, { permission: PERMISSIONS[act], userId: id, isChange: true, isUnlock: act === 'unlock' || act === 'start-recovery' }, () =>
            RUN[act](operations, id, { by: actor.by, reason, item, keepOne: !may(actor.role, 'reset-any-factor') }))
        } catch (err) {
          return await show(request, reply, act, kit.problemOf(request, err))
        }
        if (act === 'start-recovery') app.twoFactor.deliverInBackground(app.twoFactor.keepHouse())
        keepNote(reply, pages.places, { said: 'admin-done' })
        return act === 'delete' ? pages.go(request, reply, '/admin') : pages.go(request, reply, '/admin/person', { id })
      }
    })
  }
}
