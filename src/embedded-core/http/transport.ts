import type { FastifyInstance } from 'fastify'
import { isRefusal } from '../input/refusals.js'
import { isTrouble } from '../storage/disk-trouble.js'
import { PUBLIC, type Apps } from '../tenants/apps.js'
import { appOf } from '../tenants/lookup.js'
import { checkApiKey } from './api-keys.js'
import { send } from './call.js'
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

/** Everything between the socket and the handlers, in the real Core's order: key, version, method, body, tenant. */
export function installTransport (fastify: FastifyInstance, apps: Apps, fallbackKeys: string[], routes: Routes): void {
  fastify.decorate('apps', apps)

  // The content type is ignored: every body is read as JSON text.
  fastify.addHook('onRequest', async function forgetContentType ({ raw }) { delete raw.headers['content-type'] })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  fastify.addHook('onRequest', async function authorize (request) {
    const config = request.is404 ? otherMethod(routes, request) : request.routeOptions.config
    const settings = apps.get(targetOf(request).appId)?.settings(PUBLIC)
    // Without the app's key, nobody learns which apps there are.
    if (config !== undefined && config.keyless !== true) checkApiKey(request, settings?.apiKeys ?? fallbackKeys)
    checkVersion(versionOf(request), config?.versionless === true, settings ?? appOf(apps, PUBLIC).settings(PUBLIC))
  })

  fastify.setNotFoundHandler((request, reply) => {
    if (otherMethod(routes, request) !== undefined) return send(reply, 405, 'Method not supported')
    appOf(apps, targetOf(request).appId)
    return send(reply, 404, 'Not found')
  })

  fastify.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (isRefusal(error)) return send(reply, error.statusCode, error.message)
    if (isTrouble(error)) {
      if (error.isNew) request.log.error({ err: error }, 'the embedded Core cannot use its disk')
      return send(reply, error.statusCode as number, error.message)
    }
    // Fastify's own errors about a request (a body too large, a wrong length) keep their status.
    if (error.statusCode !== undefined && error.statusCode < 500) return send(reply, error.statusCode, error.message)
    request.log.error({ err: error }, 'the embedded Core failed')
    return send(reply, 500, 'Internal Error')
  })
}
