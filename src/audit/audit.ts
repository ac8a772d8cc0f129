import { channel } from 'node:diagnostics_channel'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { UserContext } from 'supertokens-node/types'
import { addressOf } from '../limits/network.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { activeTraceId } from '../tracing/opentelemetry.js'
import { noteAudit } from '../tracing/steps.js'
import { currentRequestId, safeRequestId } from '../tracing/request-id.js'
import { typeOf } from './event-types.js'
import { AUDIT_CHANNEL, type AuditEvent } from './event.js'
import type { AuditTrail } from './trail.js'
import { uuidV7 } from './uuid-v7.js'

declare module '../two-factor.js' {
  interface TwoFactor {
    /** Where audit events go to, beside the log and the channel; undefined where there are no sinks. */
    readonly auditTrail: AuditTrail | undefined
  }
}

export type AuditInput = Omit<AuditEvent, 'id' | 'time' | 'address' | 'requestId' | 'traceId'>

const events = channel(AUDIT_CHANNEL)

/**
 * Publishes an event, writes it to the app's log, and hands it to the sinks.
 *
 * @param request the request that brought it about, if one did
 */
export function publishAudit (app: FastifyInstance, event: AuditInput, request?: FastifyRequest): void {
  const now = Date.now()
  const [requestId, traceId, address] = [currentRequestId() ?? safeRequestId(request?.id), activeTraceId(), addressOf(request?.ip)]
  const published: AuditEvent = {
    id: uuidV7(now),
    ...event,
    time: new Date(now).toISOString(),
    ...(address !== undefined && { address }),
    ...(requestId !== undefined && { requestId }),
    ...(traceId !== undefined && { traceId })
  }
  noteAudit(event, app.twoFactor.tracing?.userIds === true)
  events.publish(published)
  const { log } = request ?? app
  log[typeOf(event.type).warns === true ? 'warn' : 'info']({ audit: published }, event.type)
  // The channel is that of all apps of this process; metrics and sinks are those of one.
  app.twoFactor.metrics?.audited(published)
  app.twoFactor.auditTrail?.record(published, request)
}

/**
 * To be called before an act that has to leave a trace.
 *
 * @throws AUTH_AUDIT_UNAVAILABLE where events have to be kept (`audit.required`), and cannot be at the moment
 */
export function requireAudit (app: FastifyInstance): void {
  app.twoFactor.auditTrail?.require()
}

/** The same for recipes: takes the app and the request that is being handled from the context. */
export function audit (userContext: UserContext, event: AuditInput): void {
  publishAudit(appOf(userContext), event, requestOf(userContext))
}
