import type { AuditEventType } from './event-types.js'

/** A security-relevant event. Never holds a code, token or password, nor a whole phone number or e-mail address. */
export interface AuditEvent {
  /** UUID of version 7: unique, and sorts by time. */
  id: string
  type: AuditEventType
  /** ISO 8601, UTC. */
  time: string
  /** `password`, `social`, or the id of a second factor such as `sms`. */
  factor?: string
  userId?: string
  sessionHandle?: string
  /** The session in whose place `sessionHandle` is, once a second factor has passed. */
  replacedSessionHandle?: string
  tenantId?: string
  /** Masked: `+1••••••••01`. */
  phone?: string
  /** Masked: `a•••@example.com`. Where codes go, not the login name. */
  email?: string
  /** Masked login name; only for events of password sign-up and sign-in. */
  account?: string
  /** Only for events of roles. */
  role?: string
  /** The client's IP address, determined by the app's `trustProxy`. */
  address?: string
  /** The request that brought it about, as the log names it. */
  requestId?: string
  /** The trace of that request. */
  traceId?: string
  /** The operator who did it, as they call themselves. */
  actor?: string
  /**
   * A status of the Frontend Driver Interface, an error code from `docs/errors.md`, the sentence shown to the user, the
   * limit that many people share, what happened to an embedded Core, or why an operator did it.
   */
  reason?: string
  /** With `audit.dropped`: the type of what is missing. */
  dropped?: string
  /** With `audit.dropped`: how many are missing. */
  count?: number
  /** With `audit.dropped`: the time of the first that is missing. */
  since?: string
  /** With `audit.dropped`: the time of the last that is missing. */
  until?: string
}

/** Name of the `node:diagnostics_channel` that publishes every {@link AuditEvent}. */
export const AUDIT_CHANNEL = 'fastify-2fa:audit'
