import type { ReqResInfo, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { memberOf } from '../members.js'
import { inStep } from '../tracing/steps.js'
import { noteReplaced, sessionEnded } from './ended.js'
import type { OwnKey, SessionData } from './own-data.js'
import { ownFunctions } from './own-functions.js'

/** Keys of the session's data: the handle of the session in whose place it is, and of the first one of them. */
const REPLACES = 'fastify-2fa:replaces' satisfies OwnKey
const LOGIN = 'fastify-2fa:login' satisfies OwnKey

/** Names a login, however often its session has been replaced: the handle of the session that signing in made. */
export function loginOf (session: SessionContainerInterface, { [LOGIN]: handle }: SessionData): string {
  return typeof handle === 'string' ? handle : session.getHandle()
}

/** The handle of the session that this one has replaced; undefined for one that was made by signing in. */
export function replacedBy ({ [REPLACES]: handle }: SessionData): string | undefined {
  return typeof handle === 'string' ? handle : undefined
}

interface Content {
  /** The payload of its access tokens, as the Core keeps it. */
  payload: Record<string, unknown>
  data: SessionData
}

/**
 * Puts a new session in the place of one (ASVS 7.2.4): tokens that were copied before are worthless after. The reply brings
 * the new tokens, by the way on which the request brought the old ones.
 *
 * It is made below every override: no host's hook and no mark of ours takes it for a sign-in. Made first and ended then:
 * whoever ends the user's sessions meanwhile either ends the new one too (`end-sessions.ts`), or has ended the old one, and
 * then the new one goes as well.
 *
 * @throws the SDK's `UNAUTHORISED` when the session has ended meanwhile
 */
export function rotateSession (session: SessionContainerInterface, content: Content, userContext: UserContext): Promise<SessionContainerInterface> {
  return inStep('session.rotate', undefined, () => rotate(session, content, userContext))
}

async function rotate (session: SessionContainerInterface, { payload, data }: Content, userContext: UserContext): Promise<SessionContainerInterface> {
  const own = ownFunctions()
  const info = memberOf(session, 'reqResInfo') as ReqResInfo
  const handle = session.getHandle()
  const fresh = await own.createNewSession({
    userId: session.getUserId(),
    recipeUserId: session.getRecipeUserId(),
    tenantId: session.getTenantId(),
    accessTokenPayload: payload,
    sessionDataInDatabase: { ...data, [REPLACES]: handle, [LOGIN]: loginOf(session, data) },
    disableAntiCsrf: info.transferMethod === 'header',
    userContext
  })
  let wasAlive = false
  try {
    wasAlive = await own.revokeSession({ sessionHandle: handle, userContext })
  } finally {
    if (!wasAlive) await own.revokeSession({ sessionHandle: fresh.getHandle(), userContext })
  }
  if (!wasAlive) throw sessionEnded()
  noteReplaced(handle, session.getUserId(userContext), session.getAccessTokenPayload(userContext) as object)
  await fresh.attachToRequestResponse(info, userContext)
  return fresh
}
