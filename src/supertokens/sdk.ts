import { isDeepStrictEqual } from 'node:util'
import { getRequestFromUserContext, init } from 'supertokens-node'
import type { TypeInput, UserContext } from 'supertokens-node/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SdkAlreadyInitialised } from '../errors.js'
import { refuseOtherCopies } from './copies.js'
import { normalisePathsFaster, runningSdk } from './sdk-internals.js'

/** The SDK that was initialised here, with what, and the app that became ready last. */
let current: { sdk: object, fingerprint: object, app: FastifyInstance } | undefined

/**
 * Runs `supertokens.init` once per process. The SDK is a singleton and silently ignores a second init: a second app
 * would then use the Core and the rules of the first. So a second app may start only with exactly the same options.
 *
 * @param fingerprint all options that the SDK keeps
 * @throws AUTH_SDK_ALREADY_INITIALISED if the SDK runs with other options, or the host initialised it
 * @throws AUTH_SDK_DUPLICATED if another copy of the SDK is loaded
 */
export function initSdk (app: FastifyInstance, fingerprint: object, config: () => TypeInput): void {
  refuseOtherCopies()
  const sdk = runningSdk()
  if (sdk !== undefined) {
    if (current?.sdk !== sdk) throw new SdkAlreadyInitialised('the host calls supertokens.init itself; add its recipes to app.twoFactor.recipes instead')
    if (!isDeepStrictEqual(current.fingerprint, fingerprint)) throw new SdkAlreadyInitialised('another app of this process initialised it')
    current.app = app
    return
  }
  normalisePathsFaster()
  init(config())
  current = { sdk: runningSdk()!, fingerprint, app }
}

/** The request that a recipe is handling; undefined for calls by the host itself. */
export function requestOf (userContext: UserContext): FastifyRequest | undefined {
  return getRequestFromUserContext(userContext)?.original as FastifyRequest | undefined
}

/**
 * The app that a recipe is working for: the one that received the request or, for calls without a request, the one that
 * became ready last. Recipes live as long as the process; apps do not.
 */
export function appOf (userContext: UserContext): FastifyInstance {
  const request = requestOf(userContext)
  return request === undefined ? newestApp() : request.server
}

/** The app that became ready last. */
export function newestApp (): FastifyInstance {
  if (current === undefined) throw new Error('supertokens is not initialised')
  return current.app
}
