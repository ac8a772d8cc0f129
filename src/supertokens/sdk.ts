import { isDeepStrictEqual } from 'node:util'
import { getAllCORSHeaders, getRequestFromUserContext, init } from 'supertokens-node'
import type { TypeInput, UserContext } from 'supertokens-node/types'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SdkAlreadyInitialised } from '../errors.js'

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
 * Runs `supertokens.init` once per process. The SDK is a singleton that ignores a second init without a word: an app would then
 * talk to the Core, and live under the rules, of another one. So a second app is let in only when it wants the very same.
 *
 * @param fingerprint everything about the options that the SDK keeps
 * @throws AUTH_SDK_ALREADY_INITIALISED when the SDK runs with other options, or was started by the host
 */
export function initSdk (app: FastifyInstance, fingerprint: object, config: () => TypeInput): void {
  if (current !== undefined) {
    if (!isDeepStrictEqual(current.fingerprint, fingerprint)) throw new SdkAlreadyInitialised('another app of this process started it')
    current.app = app
    return
  }
  if (isInitialisedElsewhere()) throw new SdkAlreadyInitialised('the host calls supertokens.init itself; add its recipes to app.recipes instead')
  init(config())
  current = { fingerprint, app }
}

/**
 * The app that a recipe works for right now: the one that received the request, or for calls without a request the one that
 * became ready last. Recipes live as long as the process, their apps do not.
 */
export function appOf (userContext: UserContext): FastifyInstance {
  const request = getRequestFromUserContext(userContext)?.original as FastifyRequest | undefined
  if (request !== undefined) return request.server
  if (current === undefined) throw new Error('supertokens is not initialised')
  return current.app
}
