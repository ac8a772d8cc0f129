import fp from 'fastify-plugin'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ADMIN } from '../../plugins/names.js'
import { publishAudit } from '../../src/audit/audit.js'
import { AdminFromBrowser, AdminKeyRefused, NotFound } from '../../src/errors.js'
import type { Fastify2faOptions } from '../../src/options/options.js'
import { resolveOptions } from '../../src/options/resolve.js'
import { describedAs, UNLISTED } from '../../src/openapi/described.js'
import { PAUSE_SECONDS } from '../../src/outage/circuit.js'
import { asJson } from '../../src/supertokens/adapter.js'
import { retryAfterOf } from '../../src/supertokens/core-overload.js'
import { toPublicError } from '../../src/supertokens/failures.js'
import { changeRoutes } from './changes.js'
import { readRoutes } from './reads.js'
import { CALLER, createKit, routeOf } from './kit.js'

/** Bytes: a reason and a few words. */
const BODY_LIMIT = 16 * 1024

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Names of refusals by status, in the manner of RFC 6749. */
const NAMES: Record<number, string> = {
  400: 'invalid_request', 401: 'invalid_key', 403: 'forbidden', 404: 'not_found', 409: 'conflict', 413: 'too_large', 415: 'unsupported_media_type', 422: 'idempotency_key_reused', 429: 'too_many_requests', 503: 'temporarily_unavailable'
}

async function answerError (err: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { statusCode = 500, code, message, cause } = toPublicError(err)
  if (statusCode >= 500) request.log.error({ err: cause ?? err }, message)
  if (statusCode === 503) reply.header('retry-after', retryAfterOf(err) ?? PAUSE_SECONDS)
  if (statusCode === 429) reply.header('retry-after', (err as { retryAfter?: number }).retryAfter ?? PAUSE_SECONDS)
  if (err instanceof AdminKeyRefused) reply.header('www-authenticate', 'Bearer realm="fastify-2fa admin"')
  return await asJson(reply).code(statusCode).send({ error: NAMES[statusCode] ?? 'server_error', message: statusCode === 415 ? 'Send JSON, with Content-Type: application/json' : message, code })
}

/**
 * Whether a page of a browser calls. No page has a key to send, but browsers add client certificates by themselves, also to
 * what another website sends (CWE-352). No program sends these.
 */
const isFromBrowser = ({ headers }: FastifyRequest): boolean => headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/** The admin API, in a scope of its own. There is nothing here where nobody may call it. */
async function adminRoutes (app: FastifyInstance, options: Fastify2faOptions): Promise<void> {
  const { admin, limits } = app.twoFactor
  if (admin?.api === undefined) return
  const { callers } = admin.api
  const { path: base } = resolveOptions(options).admin!

  app.removeAllContentTypeParsers()
  // JSON only: what forms of other websites can send is none. Names that reach prototypes are refused.
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, app.getDefaultJsonParser('error', 'error'))
  app.setErrorHandler(answerError)
  app.decorateRequest(CALLER, undefined)
  // Before the body is read: strangers are told nothing, and cost nothing.
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    if (admin.listeners?.brought(request) === false) throw new NotFound()
    const caller = await callers.authenticate(request)
    request[CALLER] = caller
    await limits?.adminCalls?.count(caller.name, { isChange: request.method !== 'GET' })
    if (isFromBrowser(request)) {
      publishAudit(app, { type: 'admin.refused', actor: `key:${caller.name}`, reason: 'a page of a browser' }, request)
      throw new AdminFromBrowser()
    }
  })

  // Once the body is there: whoever sends it slowly may have lost the key meanwhile.
  app.addHook('preHandler', async (request) => { request[CALLER] = await callers.authenticate(request) })

  const kit = createKit(app, base)
  readRoutes(app, kit)
  changeRoutes(app, kit)
  // Whatever else is below the path, so that no host's logger writes what was sent there, and strangers learn no paths.
  app.route({ method: METHODS, url: `${base}/*`, ...routeOf(describedAs(UNLISTED)), handler: () => { throw new NotFound() } })
}

export default fp(adminRoutes, { name: 'fastify-2fa/admin-routes', fastify: '5.x', encapsulate: true, dependencies: [ADMIN] })
