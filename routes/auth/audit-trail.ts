import type { FastifyInstance } from 'fastify'
import { requireAudit } from '../../src/audit/audit.js'
import { AuditUnavailable } from '../../src/errors.js'
import { inClientsLanguage } from '../../src/language/answers.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { asJson } from '../../src/supertokens/adapter.js'

const READING = ['GET', 'HEAD', 'OPTIONS']
/** Those who are in stay in, and may leave. */
const ALLOWED = ['/session/refresh', '/signout']

/** All by which an answer hands over a session. */
const SESSION_HEADERS = ['set-cookie', 'st-access-token', 'st-refresh-token', 'front-token', 'anti-csrf']

/**
 * An answer waits until its events are kept. Where they have to be (`audit.required`), requests are refused while they
 * cannot be; and if that turns out only afterwards, the session goes to nobody.
 */
export function keepAuditTrail (app: FastifyInstance): void {
  const trail = app.twoFactor.auditTrail
  if (trail === undefined) return

  app.addHook('preHandler', async ({ method, routeOptions: { url = '' } }) => {
    if (!READING.includes(method) && !ALLOWED.some((path) => url.endsWith(path))) requireAudit(app)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (await trail.settle(request)) return payload
    for (const name of SESSION_HEADERS) reply.removeHeader(name)
    const { message, code } = new AuditUnavailable()
    asJson(reply).code(503).removeHeader('content-length').header('retry-after', PAUSE_SECONDS)
    return JSON.stringify(inClientsLanguage(app.twoFactor.languages, request, reply, { message, code }))
  })
}
