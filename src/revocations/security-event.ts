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

/** The same at every replica and by every way, so that a receiver knows what it has had. */
function nameOf (subject: object, at: number): string {
  return createHash('sha256').update(JSON.stringify([subject, at])).digest('base64url').slice(0, 22)
}

/**
 * The claims of security event tokens for an event, one for each session. The subject is complex (SSF 1.0): what is known of
 * session, user and tenant; a receiver ends what matches all of it.
 *
 * @param issuer of the user ids
 */
export function securityEventsOf ({ sessionHandles, userId, tenantId, at, reason }: SessionRevoked, issuer: string): Claims[] {
  const subjects = (sessionHandles ?? [undefined]).map((handle) => ({
    format: 'complex',
    ...(handle !== undefined && { session: { format: 'opaque', id: handle } }),
    ...(userId !== undefined && { user: { format: 'iss_sub', iss: issuer, sub: userId } }),
    ...(tenantId !== undefined && { tenant: { format: 'opaque', id: tenantId } })
  }))
  const initiator = INITIATORS[reason]
  const event = { event_timestamp: Math.floor(at / 1000), ...(initiator !== undefined && { initiating_entity: initiator }), reason_admin: { en: reason } }
  // Neither `sub` nor `exp`: SSF 1.0 has the subject in `sub_id`, and what has happened does not expire.
  return subjects.map((subject) => ({ jti: nameOf(subject, at), sub_id: subject, events: { [SESSION_REVOKED]: event } }))
}
