import { channel } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import { appOf, requestOf } from '../supertokens/sdk.js'

/** Types of audit events (ASVS 16.3.1). */
export type AuditEventType =
  | 'first-factor.passed' | 'first-factor.failed' | 'first-factor.limited'
  | 'password.reset' | 'password.changed' | 'email.changed'
  | 'code.sent' | 'code.wrong' | 'code.refused'
  | 'second-factor.passed' | 'second-factor.enrolled' | 'second-factor.changed' | 'second-factor.removed' | 'second-factor.restored' | 'second-factor.cloned' | 'second-factor.locked' | 'second-factor.slowed' | 'second-factor.unlocked'
  | 'second-factor.reset' | 'password.change-required'
  | 'recovery.started' | 'recovery.opened' | 'recovery.stopped' | 'recovery.lapsed' | 'recovery.completed'
  | 'number.lost' | 'number.changed'
  | 'contest.used' | 'contest.refused'
  | 'browser.registered' | 'browser.proved' | 'browser.refused' | 'browser.forgotten'
  | 'session.revoked' | 'session.others-revoked' | 'session.all-revoked' | 'session.theft-detected'
  | 'role.added' | 'role.removed'
  | 'user.exported' | 'user.deletion-started' | 'user.deleted'
  | 'client.refused' | 'admin.refused' | 'admin.viewed'
  | 'limit.near' | 'limit.reached'

/** A security-relevant event. Never holds a code, token or password, nor a whole phone number or e-mail address. */
export interface AuditEvent {
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
  /** The operator who did it, as they call themselves. */
  actor?: string
  /**
   * A status of the Frontend Driver Interface, an error code from `docs/errors.md`, the sentence shown to the user, the
   * limit that many people share, or why an operator did it.
   */
  reason?: string
}

export type AuditInput = Omit<AuditEvent, 'time' | 'address'>

/** Name of the `node:diagnostics_channel` that publishes every {@link AuditEvent}. */
export const AUDIT_CHANNEL = 'fastify-2fa:audit'

const events = channel(AUDIT_CHANNEL)

/** Publishes an event and writes it to the app's log. */
export function publishAudit (app: FastifyInstance, event: AuditInput, address?: string): void {
  const published: AuditEvent = { ...event, time: new Date().toISOString(), ...(address !== undefined && { address }) }
  events.publish(published)
  app.log.info({ audit: published }, event.type)
}

/** The same for recipes: takes the app and the client's address from the request that is being handled. */
export function audit (userContext: UserContext, event: AuditInput): void {
  publishAudit(appOf(userContext), event, requestOf(userContext)?.ip)
}
