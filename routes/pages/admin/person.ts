import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OperationRefused, UserUnknown } from '../../../src/errors.js'
import { showPerson, type PersonDetails } from '../../../src/admin/person.js'
import { listSessions } from '../../../src/admin/sessions.js'
import { readAuditAs } from '../../../src/admin-api/audit.js'
import type { Actor } from '../../../src/admin-api/gate.js'
import { may, type Permission } from '../../../src/admin-api/roles.js'
import { seenBy } from '../../../src/admin-api/seen-by.js'
import { SAID, takeNote } from '../../../src/hosted-pages/note.js'
import type { AdminAct, AdminFactor, AdminPersonData } from '../../../src/hosted-pages/templates/admin/data.js'
import { memberOf } from '../../../src/members.js'
import type { ResolvedOptions } from '../../../src/options/resolved.js'
import { factorIdOf } from '../factors.js'
import { given, showFailure } from '../kit.js'
import type { AdminPageKit } from './kit.js'
import { entryOf } from './people.js'

/** More than anybody has. */
const SESSIONS_SHOWN = 30

const EVENTS_SHOWN = 10
/** Bytes of the audit that are looked at: who wants more asks for the page of it. */
const AUDIT_BYTES = 1024 * 1024

export const PERMISSIONS = {
  unlock: 'unlock',
  'reset-factor': 'reset-one-factor',
  'end-session': 'end-sessions',
  'end-sessions': 'end-sessions',
  'start-recovery': 'start-recovery',
  'stop-recovery': 'stop-recovery',
  'force-password-change': 'force-password-change',
  delete: 'delete'
} as const satisfies Record<AdminAct, Permission>

/** Whether an act makes sense for the person. */
const APPLIES: Record<AdminAct, (person: PersonDetails, options: ResolvedOptions) => boolean> = {
  unlock: ({ lockedAt }) => lockedAt !== undefined,
  'reset-factor': ({ factors }) => factors.length > 0,
  'end-session': ({ sessions }) => sessions > 0,
  'end-sessions': ({ sessions }) => sessions > 0,
  'start-recovery': ({ factors, recovery }, { accountRecovery }) => accountRecovery && factors.length > 0 && recovery === undefined,
  'stop-recovery': ({ recovery }) => recovery !== undefined,
  'force-password-change': ({ logins }, { passwordReset }) => passwordReset && logins.some(({ recipe }) => recipe === 'emailpassword'),
  delete: () => true
}

const factorOf = ({ factor, name, phone, email, since, lastUse, left, broken }: PersonDetails['factors'][number]): AdminFactor =>
  ({ factor, name: name ?? phone ?? email, since, lastUse, left, isBroken: broken === true })

export function personPages (app: FastifyInstance, kit: AdminPageKit): void {
  const { pages, actorOf, options } = kit
  const { operations, admin, auditReader } = app.twoFactor

  async function auditOf (request: FastifyRequest, actor: Actor, userId: string): Promise<AdminPersonData['audit']> {
    if (auditReader === undefined) return 'not-kept'
    // Whoever looks again and again would else see nothing but that.
    return await readAuditAs(app, actor, { userId, without: ['admin.viewed'], limit: EVENTS_SHOWN }, AUDIT_BYTES).catch((err: unknown) => {
      // It cannot be read, too many ask, or it was rotated at this moment.
      if (![503, 409].includes(memberOf(err, 'statusCode') as number)) throw err
      request.log.error({ err: memberOf(err, 'cause') ?? err }, 'the audit cannot be shown')
      return 'away' as const
    })
  }

  async function dataOf (request: FastifyRequest): Promise<Omit<AdminPersonData, 'said' | 'problem'>> {
    const actor = actorOf(request)
    const id = given(request.query, 'id')
    if (id === '') throw new UserUnknown()
    const [person, { sessions, total }] = await admin!.act(actor, { permission: 'read', userId: id }, () => Promise.all([showPerson(operations, id), listSessions(operations, id)]))
    admin!.viewed(actor, person.userId)
    const isOwn = person.userId === actor.userId
    return {
      ...entryOf(seenBy(actor.role, person)),
      factors: person.factors.map(factorOf),
      lockedAt: person.lockedAt === undefined ? undefined : Date.parse(person.lockedAt),
      mustChangePassword: person.passwordChangeRequired !== undefined,
      recoveryReadyAt: person.recovery?.readyAt,
      isBeingDeleted: person.deletingSince !== undefined,
      roles: [...new Set(Object.values(person.roles).flat())],
      sessions: sessions.slice(0, SESSIONS_SHOWN).map(({ handle, startedAt, lastUsedAt, browser, system, passed }) => ({ handle, startedAt, lastUsedAt, browser, system, passed: passed.map(({ factor }) => factorIdOf(factor)) })),
      sessionCount: total,
      audit: await auditOf(request, actor, person.userId),
      acts: isOwn ? [] : (Object.keys(APPLIES) as AdminAct[]).filter((act) => may(actor.role, PERMISSIONS[act]) && APPLIES[act](person, options))
    }
  }

  async function show (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const data = await dataOf(request).catch((err: unknown) => {
      if (err instanceof UserUnknown || err instanceof OperationRefused) return kit.problemOf(request, err)
      throw err
    })
    if ('statusCode' in data) return showFailure(kit, request, reply, data, { path: '/admin', text: 'Back to administration' })
    const { said } = takeNote(request, reply, pages.places)
    return pages.show(request, reply, 'admin-person', { ...data, said: said && kit.say(request, SAID[said]), problem: undefined })
  }

  app.route({ method: 'GET', ...kit.at('/admin/person'), handler: show })
}
