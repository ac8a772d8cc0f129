import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify'
import { send, type Handler } from './http/call.js'
import { createDirect, type AnswerDirectly, type Handlers } from './http/direct.js'
import { createRewriter, type Routes } from './http/paths.js'
import { installTransport } from './http/transport.js'
import { accountLinking } from './recipes/accountlinking.js'
import { bulkImport } from './recipes/bulk-import.js'
import { emailPassword } from './recipes/emailpassword.js'
import { emailVerification } from './recipes/emailverification.js'
import { jwt } from './recipes/jwt.js'
import { meta } from './recipes/meta.js'
import { multitenancy } from './recipes/multitenancy.js'
import { passwordless } from './recipes/passwordless.js'
import { recipeUser } from './recipes/recipe-user.js'
import { session } from './recipes/session.js'
import { tenantUsers } from './recipes/tenant-users.js'
import { thirdParty } from './recipes/thirdparty.js'
import { totp } from './recipes/totp.js'
import { userIdMapping } from './recipes/userid-mapping.js'
import { userMetadata } from './recipes/usermetadata.js'
import { userRoles } from './recipes/userroles.js'
import { users } from './recipes/users.js'
import type { Apps } from './tenants/apps.js'

declare module 'fastify' {
  interface FastifyInstance { answerDirectly: AnswerDirectly }
}

// Enough for a bulk import of 10 000 users with metadata and hashes. The real Core has no limit.
const BODY_LIMIT = 64 * 1024 * 1024

export function buildServer (apps: Apps, fallbackKeys: string[], logger: FastifyBaseLogger | false): FastifyInstance {
  const routes: Routes = new Map()
  const handlers: Handlers = new Map()
  const fastify = Fastify({
    ...(logger === false ? { logger: false } : { loggerInstance: logger }),
    // No request logs: URLs carry emails and user ids.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    // Otherwise clients' keep-alive connections would hold a closing Core open.
    forceCloseConnections: 'idle',
    rewriteUrl: createRewriter(routes),
    frameworkErrors: (error, _request, reply) => { send(reply as FastifyReply, 400, error.message) }
  }) as FastifyInstance
  installTransport(fastify, apps, fallbackKeys, routes)
  // Those whose last answer comes later, as to a password that waits, would hold it open for as long as they are kept.
  fastify.addHook('preClose', async () => { fastify.server.keepAliveTimeout = 1 })

  fastify.decorate('answerDirectly', createDirect({ apps, routes, handlers, fallbackKeys, log: fastify.log }))

  fastify.addHook('onRoute', ({ url, method, config = {}, handler }) => {
    routes.set(url, config)
    for (const one of [method].flat()) handlers.set(`${one} ${url}`, { handler: handler as unknown as Handler, config })
  })

  // In one scope, since none has hooks for requests: seventeen scopes would take a fifth of the start.
  fastify.register(async function recipes (scope) {
    for (const recipe of [meta, jwt, session, emailPassword, thirdParty, passwordless, recipeUser, users, userMetadata, userRoles,
      emailVerification, userIdMapping, multitenancy, tenantUsers, accountLinking, totp, bulkImport]) await recipe(scope)
  })
  return fastify
}
