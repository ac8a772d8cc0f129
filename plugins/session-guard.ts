import fp from 'fastify-plugin'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface, VerifySessionOptions } from 'supertokens-node/recipe/session/types'
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { SessionDecorated } from '../src/errors.js'
import { SECOND_FACTOR, SESSION_GUARD } from '../src/plugin-names.js'
import { secondFactorValidator } from '../src/second-factor/claims.js'
import { toSeconds } from '../src/duration.js'
import { answerSdkError, toSdkRequest, toSdkResponse } from '../src/supertokens/adapter.js'
import { toPublicError } from '../src/supertokens/failures.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** preHandler: only a session whose second factor has passed comes through. Route option: `config.secondFactor.maxAge`. */
    require2FA: preHandlerAsyncHookHandler
    /** preHandler with every option of the SDK's `verifySession`. Under global enforcement it asks for the second factor too. */
    verifySession (options?: VerifySessionOptions): preHandlerAsyncHookHandler
  }
  interface FastifyRequest {
    /** The verified session; undefined on routes without a guard, and for anonymous requests where the session is optional. */
    session: SessionContainerInterface | undefined
  }
  interface FastifyContextConfig {
    secondFactor?: {
      /** How long ago the second factor may have passed: seconds, or a text such as `5m`. @default no limit */
      maxAge?: number | string
    }
  }
}

/**
 * The guides' `verifySession`, safe in Fastify: it waits for its own answer, and no session is 401 whatever the method. (The SDK lets
 * OPTIONS and TRACE through to the handler.)
 */
async function guard (request: FastifyRequest, reply: FastifyReply, options: VerifySessionOptions): Promise<FastifyReply | undefined> {
  const sdkRequest = toSdkRequest(request)
  const sdkResponse = toSdkResponse(reply)
  try {
    request.session = await Session.getSession(sdkRequest, sdkResponse, options)
    return undefined
  } catch (err) {
    try {
      await answerSdkError(err, sdkRequest, sdkResponse)
    } catch (unanswered) {
      throw toPublicError(unanswered)
    }
    return reply
  }
}

async function sessionGuard (app: FastifyInstance): Promise<void> {
  const { claim } = app.secondFactor
  if (app.hasRequestDecorator('session')) throw new SessionDecorated()
  app.decorateRequest('session', undefined)

  app.decorate('verifySession', (options: VerifySessionOptions = {}) => async function verifySession (request, reply) {
    return await guard(request, reply, options)
  })

  // A wrong duration stops the boot instead of opening the route.
  app.addHook('onRoute', ({ config }) => {
    if (config?.secondFactor?.maxAge !== undefined) toSeconds(config.secondFactor.maxAge)
  })

  app.decorate('require2FA', async function require2FA (request: FastifyRequest, reply: FastifyReply) {
    const maxAge = request.routeOptions.config.secondFactor?.maxAge
    const validator = secondFactorValidator(claim, maxAge === undefined ? undefined : toSeconds(maxAge))
    return await guard(request, reply, {
      overrideGlobalClaimValidators: (validators) => [...validators.filter(({ id }) => id !== claim.key), validator]
    })
  })
}

export default fp(sessionGuard, { name: SESSION_GUARD, fastify: '5.x', dependencies: [SECOND_FACTOR] })
