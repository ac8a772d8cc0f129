import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { BaseRequest, BaseResponse } from 'supertokens-node/lib/build/framework/index.js'
import type { UserContext } from 'supertokens-node/types'
import { sessionEnded } from '../session/ended.js'
import { loadChallenge, saveChallenge, type Challenge } from './challenge.js'

/** One request of the Frontend Driver Interface, as the SDK hands it around. */
export interface FactorCall {
  options: { req: BaseRequest, res: BaseResponse }
  userContext: UserContext
}

/** A request for, or with, a second factor. */
export interface SecondFactorRequest {
  /** The session of the first factor; once a second one has passed, the one in its place. Never handed to the SDK's recipes: a client must not be able to pick their code path. */
  session: SessionContainerInterface
  /** The session's data, written back beside the challenge. */
  data: Record<string, unknown>
  /** The payload that the Core holds. The access token's own may be older. */
  payload: Record<string, unknown>
  challenge: Challenge | undefined
  /** When the session was created, by the clock of the Core, in milliseconds since 1970. */
  createdAt: number
  /** Handle of the session that {@link session} has replaced in this request. */
  replaced?: string
}

/** Whether the SDK says that the session of the request has ended. */
export function hasEnded (err: unknown): boolean {
  return Session.Error.isErrorFromSuperTokens(err) && err.type === Session.Error.UNAUTHORISED
}

/**
 * Opens second-factor requests: the first factor has passed, the session is alive, and every global claim validator but
 * the second factor's own holds.
 */
export function createSecondFactorRequests (claim: BooleanClaim) {
  // The SDK hands one userContext through a whole request.
  const opened = new WeakMap<UserContext, SecondFactorRequest>()

  return {
    /**
     * The session and its challenge, loaded once per request.
     *
     * @param beside what the caller asks the Core at the same moment, and waits for itself
     * @throws the SDK's `UNAUTHORISED` when there is no session, or when it has ended
     */
    async open ({ options: { req, res }, userContext }: FactorCall, beside?: (session: SessionContainerInterface) => Promise<unknown>): Promise<SecondFactorRequest> {
      const known = opened.get(userContext)
      if (known !== undefined) return known
      const session = await Session.getSession(req, res, {
        // Keeps `emailVerification: 'required'`: nobody enrols a factor before the address is verified.
        overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== claim.key)
      }, userContext)
      const [loaded] = await Promise.all([loadChallenge(session, userContext), beside?.(session).catch(() => {})])
      if (loaded === undefined) throw sessionEnded()
      const request = { session, ...loaded }
      opened.set(userContext, request)
      return request
    },

    /** The open request that this `userContext` belongs to, if there is one. */
    find (userContext: UserContext): SecondFactorRequest | undefined {
      return opened.get(userContext)
    },

    /**
     * Binds a challenge to the session.
     *
     * @throws the SDK's `UNAUTHORISED` when the session has ended meanwhile
     */
    async bind (request: SecondFactorRequest, challenge: Challenge, userContext: UserContext): Promise<void> {
      request.challenge = challenge
      const bound = await saveChallenge(request.session, request.data, challenge, userContext)
      if (!bound) throw sessionEnded()
    },

    /**
     * Asks the Core once more, after a write of this request.
     *
     * @throws the SDK's `UNAUTHORISED` when the session has ended meanwhile
     */
    async reload (request: SecondFactorRequest, userContext: UserContext): Promise<void> {
      const loaded = await loadChallenge(request.session, userContext)
      if (loaded === undefined) throw sessionEnded()
      Object.assign(request, loaded)
    },

    /**
     * Takes the session's challenge away, so that nothing answers it any more.
     *
     * @throws the SDK's `UNAUTHORISED` when the session has ended meanwhile
     */
    async release (request: SecondFactorRequest, userContext: UserContext): Promise<void> {
      request.challenge = undefined
      const released = await saveChallenge(request.session, request.data, undefined, userContext)
      if (!released) throw sessionEnded()
    }
  }
}

export type SecondFactorRequests = ReturnType<typeof createSecondFactorRequests>
