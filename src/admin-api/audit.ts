import type { FastifyInstance } from 'fastify'
import type { Core } from '../account/core-client.js'
import type { AuditPage, AuditQuery, ReadOptions } from '../audit/reader/reader.js'
import { AuditNotKept } from '../errors.js'
import { administers, type Actor } from './gate.js'
import { eventSeenBy } from './seen-by.js'

/** People whom one call looks up. Whoever administers everybody needs none. */
const MOST_LOOKED_UP = 100

/**
 * The events that an actor may see. To the administrators of one tenant, these are those of its own people, and what strangers
 * tried there: not what somebody did in another tenant, nor what is of the service as a whole. Whose account is gone belongs to
 * nobody they could tell.
 */
function seenBy (actor: Actor, core: Core): NonNullable<ReadOptions['seen']> {
  const people = new Map<string, boolean>()

  async function isTheirs (userId: string): Promise<boolean> {
    const user = await core.findUser(userId)
    const isOne = administers(actor, user?.loginMethods.flatMap(({ tenantIds }) => tenantIds) ?? [])
    people.set(userId, isOne)
    return isOne
  }

  return async function seen (event) {
    const { tenantId, userId } = event
    if (actor.tenantId !== undefined) {
      if (tenantId !== undefined ? tenantId !== actor.tenantId : userId === undefined) return undefined
      if (userId !== undefined) {
        if (!people.has(userId) && people.size >= MOST_LOOKED_UP) return 'enough'
        if (!(people.get(userId) ?? await isTheirs(userId))) return undefined
      }
    }
    return eventSeenBy(actor, event)
  }
}

/**
 * Audit events as an actor sees them.
 *
 * @param most bytes that are looked at
 * @throws AUTH_AUDIT_NOT_KEPT, AUTH_USER_UNKNOWN for whom they do not administer
 */
export async function readAuditAs (app: FastifyInstance, actor: Actor, query: AuditQuery, most?: number): Promise<AuditPage> {
  const { admin, auditReader, operations: { core } } = app.twoFactor
  return await admin!.act(actor, { permission: 'read-audit', userId: query.userId }, async () => {
    if (auditReader === undefined) throw new AuditNotKept()
    return await auditReader.read(query, { most, seen: seenBy(actor, core) })
  })
}
