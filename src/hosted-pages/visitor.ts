import EmailVerification from 'supertokens-node/recipe/emailverification'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isEnded } from '../session/ended.js'
import { callOf } from '../supertokens/adapter.js'

/** How far the person in front of the page has come. */
export type Visitor =
  /** There is no session. */
  | { step: 'sign-in' }
  /** There may be one: its access token has expired, and only the path of the refresh gets the cookie for a new one. */
  | { step: 'refresh' }
  | { step: 'verify-email', session: SessionContainerInterface }
  | { step: 'second-factor', session: SessionContainerInterface }
  /** The second factor has passed, or this person needs none. */
  | { step: 'in', session: SessionContainerInterface }

interface VisitorOptions {
  /** Whether addresses have to be verified before anything else. */
  verifiesFirst: boolean
}

/** Only shows which page comes next. What a person may do, the endpoints decide. */
export async function visitorOf (request: FastifyRequest, reply: FastifyReply, { verifiesFirst }: VisitorOptions): Promise<Visitor> {
  const { options: { req, res }, userContext } = callOf(request, reply)
  const { claim, requirement } = request.server.twoFactor.secondFactor
  try {
    // Forms were checked by their origin (same-origin.ts).
    const session = await Session.getSession(req, res, { sessionRequired: false, antiCsrfCheck: false, overrideGlobalClaimValidators: () => [] }, userContext)
    if (session === undefined) return { step: 'sign-in' }
    const payload = session.getAccessTokenPayload(userContext) as Record<string, unknown>
    if (isEnded(session.getHandle(), payload)) return { step: 'sign-in' }
    const isVerified = !verifiesFirst || await EmailVerification.isEmailVerified(session.getRecipeUserId(userContext), undefined, userContext)
    if (!isVerified) return { step: 'verify-email', session }
    const isIn = claim.getValueFromPayload(payload, userContext) === true || !requirement.isNeeded(payload)
    return { step: isIn ? 'in' : 'second-factor', session }
  } catch (err) {
    if (Session.Error.isErrorFromSuperTokens(err)) return { step: err.type === Session.Error.TRY_REFRESH_TOKEN ? 'refresh' : 'sign-in' }
    throw err
  }
}
