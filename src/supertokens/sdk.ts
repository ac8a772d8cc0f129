import { isDeepStrictEqual } from 'node:util'
import { getAllCORSHeaders, getRequestFromUserContext, init } from 'supertokens-node'
import type { TypeInput, UserContext } from 'supertokens-node/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SdkAlreadyInitialised } from '../errors.js'
import { refuseOtherCopies } from './copies.js'
import { normalisePathsFaster } from './sdk-internals.js'

let current: { fingerprint: object, app: FastifyInstance } | undefined

function isInitialisedElsewhere (): boolean {
  try {
    getAllCORSHeaders()
    return true
  } catch {
    return false
  }
}

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
  if (current !== undefined) {
    if (!isDeepStrictEqual(current.fingerprint, fingerprint)) throw new SdkAlreadyInitialised('another app of this process initialised it')
    current.app = app
    return
  }
  if (isInitialisedElsewhere()) throw new SdkAlreadyInitialised('the host calls supertokens.init itself; add its recipes to app.twoFactor.recipes instead')
  normalisePathsFaster()
  init(config())
  current = { fingerprint, app }
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
  if (request !== undefined) return request.server
  if (current === undefined) throw new Error('supertokens is not initialised')
  return current.app
}
