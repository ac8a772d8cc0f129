import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { APIInterface } from 'supertokens-node/recipe/passwordless/types'
import type { RecipeInterface, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { createChallengeStore, type Challenge } from './challenge.js'

/** What the layers of one second-factor request share. */
export interface SecondFactorRequest {
  /** The session of the first factor. The SDK is never given it: the code path must not depend on what the client sends. */
  session: SessionContainerInterface
  /** What the app keeps in the session, to be written back beside the challenge. */
  data: Record<string, unknown>
  challenge: Challenge | undefined
}

type ApiInput = Pick<Parameters<NonNullable<APIInterface['createCodePOST']>>[0], 'options' | 'userContext'>

/** Opens second-factor requests: first factor passed, session alive, every global check but the second factor's own met. */
export function createSecondFactorRequests (claim: BooleanClaim) {
  let store: ReturnType<typeof createChallengeStore> | undefined
  // The SDK hands one userContext through a whole request.
  const opened = new WeakMap<UserContext, SecondFactorRequest>()

  function challenges () {
    if (store === undefined) throw new Error('the session recipe has not started')
    return store
  }

  return {
    /** Takes the session recipe's own functions, below every other layer. */
    useSessionFunctions (original: RecipeInterface): void {
      store = createChallengeStore(original)
    },

    /** The request's session and challenge; loaded once, whichever layer asks first. */
    async open ({ options: { req, res }, userContext }: ApiInput): Promise<SecondFactorRequest> {
      const known = opened.get(userContext)
      if (known !== undefined) return known
      const session = await Session.getSession(req, res, {
        // With e-mail verification required, a phone cannot be enrolled before the address is verified.
        overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== claim.key)
      }, userContext)
      const loaded = await challenges().load(session, userContext)
      if (loaded === undefined) throw new Session.Error({ type: 'UNAUTHORISED', message: 'the session has ended' })
      const request = { session, ...loaded }
      opened.set(userContext, request)
      return request
    },

    /** The request that this `userContext` belongs to, if it is a second-factor one. */
    find (userContext: UserContext): SecondFactorRequest | undefined {
      return opened.get(userContext)
    },

    /** Binds a code to the session. False when the session has ended meanwhile. */
    async bind (request: SecondFactorRequest, challenge: Challenge, userContext: UserContext): Promise<boolean> {
      request.challenge = challenge
      return await challenges().save(request.session, request.data, challenge, userContext)
    }
  }
}

export type SecondFactorRequests = ReturnType<typeof createSecondFactorRequests>
