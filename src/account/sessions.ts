import { createHash } from 'node:crypto'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { secondFactorsPassed, type PassedFactor } from '../second-factor/passed.js'
import type { FactorCall } from '../second-factor/requests.js'
import { endOtherSessions } from '../session/end-sessions.js'
import { lastUseOf } from '../session/last-use.js'
import type { SessionData } from '../session/own-data.js'
import { ownFunctions } from '../session/own-functions.js'
import { signInRecordIn } from '../session/sign-in-record.js'
import { openAsOwner } from './owner.js'

/** One of a user's sessions, for its owner. Times are milliseconds since 1970. */
export interface ListedSession {
  /** Names it in `POST /account/sessions/end`. Nothing can be done with it elsewhere. */
  id: string
  /** Whether it is the session that asks. */
  isCurrent: boolean
  /** When the user signed in. */
  startedAt: number
  /** When its tokens were last refreshed; absent while the service has seen no session begin since it started. */
  lastUsedAt?: number
  /** As the client said at sign-in; absent where it said nothing known. */
  browser?: string
  system?: string
  /** The second factors that it has passed. Empty where only the first has. */
  passed: PassedFactor[]
}

/** Each costs a call to the Core, which lists handles only. */
const MOST_LISTED = 30

/**
 * Names a session to its owner. Not by its handle: hosts name sessions by that in logs and administration, and what a page
 * holds its scripts can read.
 */
export const sessionIdOf = (handle: string): string => createHash('sha256').update(`fastify-2fa session ${handle}`).digest('base64url').slice(0, 22)

const handlesOf = (session: SessionContainerInterface, userContext: UserContext): Promise<string[]> =>
  Session.getAllSessionHandlesForUser(session.getUserId(), true, undefined, userContext)

async function describe (handle: string, current: string, userContext: UserContext): Promise<ListedSession | undefined> {
  const found = await ownFunctions().getSessionInformation({ sessionHandle: handle, userContext })
  if (found === undefined) return undefined
  const { at, ...device } = signInRecordIn(found.sessionDataInDatabase as SessionData) ?? { at: found.timeCreated }
  const lastUsedAt = lastUseOf(found)
  return {
    id: sessionIdOf(handle),
    isCurrent: handle === current,
    startedAt: at,
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    ...device,
    passed: secondFactorsPassed(found.customClaimsInAccessTokenPayload as Record<string, unknown>)
  }
}

/** The user's sessions, the one that asks first, then by last use. `total` counts those that are not listed, too. */
export async function listSessions (call: FactorCall): Promise<{ sessions: ListedSession[], total: number }> {
  const { userContext } = call
  const { session } = await openAsOwner(call)
  const current = session.getHandle()
  const handles = await handlesOf(session, userContext)
  // The Core lists the oldest first.
  const newest = handles.filter((handle) => handle !== current).slice(1 - MOST_LISTED)
  const described = await Promise.all([current, ...newest].map((handle) => describe(handle, current, userContext)))
  const sessions = described.filter((one) => one !== undefined)
  const order = ({ isCurrent, lastUsedAt, startedAt }: ListedSession): number => isCurrent ? Infinity : lastUsedAt ?? startedAt
  return { sessions: sessions.toSorted((a, b) => order(b) - order(a)), total: handles.length }
}

/** Ends one of the user's sessions. @returns false when the user has none of this id, whoever else may have one */
export async function endSession (call: FactorCall, id: string): Promise<boolean> {
  const { userContext } = call
  const { session } = await openAsOwner(call)
  const handle = (await handlesOf(session, userContext)).find((one) => sessionIdOf(one) === id)
  if (handle === undefined) return false
  const isCurrent = handle === session.getHandle()
  // Signs out: the reply deletes the tokens.
  if (isCurrent) await session.revokeSession(userContext)
  const wasThere = isCurrent || await Session.revokeSession(handle, userContext)
  if (wasThere) audit(userContext, { type: 'session.revoked', userId: session.getUserId(), sessionHandle: handle, tenantId: session.getTenantId() })
  return wasThere
}

/** Ends all of the user's sessions but the one that asks, and sign-ins that are under way. */
export async function endOthers (call: FactorCall): Promise<void> {
  const { userContext } = call
  const { session } = await openAsOwner(call)
  await endOtherSessions(session, userContext, { reason: 'ended' })
  audit(userContext, { type: 'session.others-revoked', userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId() })
}
