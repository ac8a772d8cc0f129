import { createHash } from 'node:crypto'
import type { Claims } from '../signing-keys/signer.js'
import type { RevocationReason, SessionRevoked } from './event.js'

/** Type of a security event token (RFC 8417, section 2.3). */
export const SET_TYPE = 'secevent+jwt'
/** CAEP 1.0, section 3.1. */
export const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

/** Who has caused it (CAEP 1.0, section 2). The app may end sessions for anybody. */
const INITIATORS: Partial<Record<RevocationReason, 'user' | 'admin' | 'policy'>> = {
  'signed-out': 'user',
  replaced: 'user',
  'credential-change': 'user',
  'factor-change': 'user',
  operator: 'admin',
  'user-deleted': 'admin',
  'token-theft': 'policy'
}

/**
 * The same at every replica and by every way, so that a receiver knows what it has had. Where a handle says all, other
 * replicas do not learn whose session it was.
 */
function nameOf ({ userId, tenantId, at }: SessionRevoked, handle: string | undefined): string {
  const what = handle === undefined ? { userId, tenantId } : { handle }
  return createHash('sha256').update(JSON.stringify([what, at])).digest('base64url').slice(0, 22)
}

/**
 * The claims of security event tokens for an event, one for each session. The subject is complex (SSF 1.0): what is known of
 * session, user and tenant; a receiver ends what matches all of it.
 *
 * @param issuer of the user ids
 */
export function securityEventsOf (revoked: SessionRevoked, issuer: string): Claims[] {
  const { sessionHandles, userId, tenantId, at, reason } = revoked
  const initiator = INITIATORS[reason]
  const event = { event_timestamp: Math.floor(at / 1000), ...(initiator !== undefined && { initiating_entity: initiator }), reason_admin: { en: reason } }
  const subjectOf = (handle: string | undefined) => ({
    format: 'complex',
    ...(handle !== undefined && { session: { format: 'opaque', id: handle } }),
    ...(userId !== undefined && { user: { format: 'iss_sub', iss: issuer, sub: userId } }),
    ...(tenantId !== undefined && { tenant: { format: 'opaque', id: tenantId } })
  })
  // Neither `sub` nor `exp`: SSF 1.0 has the subject in `sub_id`, and what has happened does not expire.
  return (sessionHandles ?? [undefined]).map((handle) => ({ jti: nameOf(revoked, handle), sub_id: subjectOf(handle), events: { [SESSION_REVOKED]: event } }))
}
