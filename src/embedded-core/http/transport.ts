import type { FastifyBaseLogger, FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'
import { isOverload } from '../hash-queue.js'
import { isRefusal } from '../input/refusals.js'
import { isTrouble } from '../storage/disk-trouble.js'
import { PUBLIC, type Apps } from '../tenants/apps.js'
import { appOf } from '../tenants/lookup.js'
import { checkApiKey } from './api-keys.js'
import { send, type Told } from './call.js'
import { otherMethod, targetOf, type Routes } from './paths.js'
import { checkVersion, versionOf } from './versions.js'

declare module 'fastify' {
  interface FastifyInstance { apps: Apps }
  interface FastifyContextConfig {
    /** The route needs no API key. */
    keyless?: boolean
    /** The route also takes protocol versions that are no longer spoken. */
    versionless?: boolean
  }
}

/**
 * Who may call, by key and version.
 *
 * @param config of the route; undefined for an unknown path
 * @throws a 401 or 400 refusal
 */
export function admit (request: Pick<FastifyRequest, 'raw' | 'headers'>, config: FastifyContextConfig | undefined, apps: Apps, fallbackKeys: string[]): void {
  const settings = apps.get(targetOf(request).appId)?.settings(PUBLIC)
  // Without the app's key, nobody learns which apps there are.
  if (config !== undefined && config.keyless !== true) checkApiKey(request, settings?.apiKeys ?? fallbackKeys)
  checkVersion(versionOf(request), config?.versionless === true, settings ?? appOf(apps, PUBLIC).settings(PUBLIC))
}

interface Failure { statusCode: number, text: string, headers?: Record<string, string> }

/** The answer to an error, which is logged where it is the Core's own fault. */
export function failureOf (error: Error & { statusCode?: number, code?: string }, log: Pick<FastifyBaseLogger, 'error' | 'warn'>): Failure {
  if (isRefusal(error)) return { statusCode: error.statusCode, text: error.message }
  if (isOverload(error)) {
    if (error.isNew) log.warn('the embedded Core refuses passwords: more are waiting than can be hashed in time')
    // By this header clients tell it from the 503 of a proxy whose Core is gone.
    return { statusCode: 503, text: error.message, headers: { 'retry-after': String(error.retryAfter), 'x-core-error': 'CORE_OVERLOADED' } }
  }
  if (isTrouble(error)) {
    if (error.isNew) log.error({ err: error }, 'the embedded Core cannot use its disk')
    return { statusCode: error.statusCode as number, text: error.message }
  }
  // Fastify's own errors about a request (a body too large, a wrong length) keep their status.
  if (error.statusCode !== undefined && error.statusCode < 500) return { statusCode: error.statusCode, text: error.message }
  log.error({ err: error }, 'the embedded Core failed')
  return { statusCode: 500, text: 'Internal Error' }
}

export function sendFailure <Reply extends Told> (reply: Reply, { statusCode, text, headers = {} }: Failure): Reply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  return send(reply, statusCode, text)
}

/** Everything between the socket and the handlers, in the real Core's order: key, version, method, body, tenant. */
export function installTransport (fastify: FastifyInstance, apps: Apps, fallbackKeys: string[], routes: Routes): void {
  fastify.decorate('apps', apps)

  // The content type is ignored: every body is read as JSON text.
  fastify.addHook('onRequest', async function forgetContentType ({ raw }) { delete raw.headers['content-type'] })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  fastify.addHook('onRequest', async function authorize (request) {
    admit(request, request.is404 ? otherMethod(routes, request) : request.routeOptions.config, apps, fallbackKeys)
  })

  fastify.setNotFoundHandler((request, reply) => {
    if (otherMethod(routes, request) !== undefined) return send(reply, 405, 'Method not supported')
    appOf(apps, targetOf(request).appId)
    return send(reply, 404, 'Not found')
  })

  fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    return sendFailure(reply, failureOf(error, request.log))
  })
}
