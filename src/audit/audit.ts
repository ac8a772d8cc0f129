import { channel } from 'node:diagnostics_channel'
import { getRequestFromUserContext } from 'supertokens-node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../supertokens/sdk.js'

/** What happened (ASVS 16.3.1). */
export type AuditEventType =
  | 'first-factor.passed' | 'first-factor.failed' | 'first-factor.limited'
  | 'password.reset'
  | 'code.sent' | 'code.wrong' | 'code.refused'
  | 'second-factor.passed' | 'second-factor.enrolled' | 'second-factor.locked' | 'second-factor.unlocked'
  | 'session.revoked' | 'session.theft-detected'

/** One security-relevant act. Never holds a code, a token, a password, or a whole number or address of mail. */
export interface AuditEvent {
  type: AuditEventType
  /** ISO 8601, UTC. */
  time: string
  /** `password`, `social`, or the id of a second factor such as `sms`. */
  factor?: string
  userId?: string
  sessionHandle?: string
  tenantId?: string
  /** Masked: `+1••••••••01`. */
  phone?: string
  /** Masked login name of an attempt that belongs to no user yet. */
  account?: string
  /** The client's IP address, as the app trusts its proxies. */
  address?: string
  /** A status of the Frontend Driver Interface, a code of `docs/errors.md`, or a sentence that was shown to the user. */
  reason?: string
}

export type AuditInput = Omit<AuditEvent, 'time' | 'address'>

/** Name of the `node:diagnostics_channel` on which every {@link AuditEvent} is published. */
export const AUDIT_CHANNEL = 'fastify-2fa:audit'

const events = channel(AUDIT_CHANNEL)

/** Publishes an event and writes it to the app's log. */
export function publishAudit (app: FastifyInstance, event: AuditInput, address?: string): void {
  const published: AuditEvent = { ...event, time: new Date().toISOString(), ...(address !== undefined && { address }) }
  events.publish(published)
  app.log.info({ audit: published }, event.type)
}

/** The same, for recipes: finds the app and the client's address by the request that a recipe works for. */
export function audit (userContext: UserContext, event: AuditInput): void {
  const request = getRequestFromUserContext(userContext)?.original as FastifyRequest | undefined
  publishAudit(appOf(userContext), event, request?.ip)
}
