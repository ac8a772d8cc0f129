import { newMark, type Core } from '../account/core-client.js'
import { begin, eventOf, requireReason, requireUser, type Because, type Operations } from '../account/operator.js'
import { memberOf } from '../members.js'
import { PHONE_VERIFIED_CLAIM, SECOND_FACTOR_CLAIM } from '../second-factor/demand.js'
import { MFA_CLAIM, secondFactorsPassed, type PassedFactor } from '../second-factor/passed.js'
import { SESSIONS_ENDED } from '../session/epoch.js'
import { lastUseOf } from '../session/last-use.js'
import { signInRecordIn } from '../session/sign-in-record.js'
import { eachOf, sessionOf, type CoreSession } from './core-calls.js'

/** A session of a person, for operators. Times are in milliseconds since 1970. */
export interface PersonSession {
  /** Names it in audit events and when it is revoked. Opens nothing. */
  handle: string
  tenantId: string
  startedAt: number
  /** When it ends unless it is refreshed before. */
  expiresAt: number
  /** Absent while this process has seen no session begin since it started, and in commands. */
  lastUsedAt?: number
  /** As the client said at sign-in. */
  browser?: string
  system?: string
  /** Whether the claim of the second factor is true. */
  secondFactor: boolean
  /** First factors, then second ones, by their names in the Frontend Driver Interface. */
  firstFactors: string[]
  passed: PassedFactor[]
}

export interface PersonSessions {
  /** The newest first. */
  sessions: PersonSession[]
  /** Those that are not listed, too. */
  total: number
}

/** Each costs a call to the Core, which lists handles only. */
const MOST_LISTED = 100

function described ({ sessionHandle, tenantId, timeCreated, expiry, userDataInDatabase, userDataInJWT }: CoreSession): PersonSession {
  const { at, ...device } = signInRecordIn(userDataInDatabase) ?? { at: timeCreated }
  const lastUsedAt = lastUseOf({ expiry, timeCreated })
  const passed = secondFactorsPassed(userDataInJWT)
  const completed: unknown = memberOf(userDataInJWT[MFA_CLAIM], 'c')
  return {
    handle: sessionHandle,
    tenantId,
    startedAt: at,
    expiresAt: expiry,
    ...(lastUsedAt !== undefined && { lastUsedAt }),
    ...device,
    secondFactor: [SECOND_FACTOR_CLAIM, PHONE_VERIFIED_CLAIM].some((claim) => memberOf(userDataInJWT[claim], 'v') === true),
    firstFactors: typeof completed === 'object' && completed !== null ? Object.keys(completed).filter((name) => passed.every(({ factor }) => factor !== name)) : [],
    passed
  }
}

/** The newest sessions of a user, without a check of who that is. */
export async function newestSessions (core: Core, userId: string, most: number): Promise<PersonSessions> {
  const handles = await core.sessionsOf(userId)
  // The Core lists the oldest first.
  const found = await eachOf(handles.slice(-most), (handle) => sessionOf(core, handle))
  return { sessions: found.filter((session) => session !== undefined).map(described).toSorted((a, b) => b.startedAt - a.startedAt), total: handles.length }
}

/** The sessions of a person, a hundred at most. One call to the Core for each. */
export async function listSessions ({ core }: Operations, userId: string): Promise<PersonSessions> {
  const { id } = await requireUser(core, userId)
  return await newestSessions(core, id, MOST_LISTED)
}

export interface RevokedSession {
  /** False where it had ended before. */
  existed: boolean
  userId?: string
}

/** Ends one session. Its tokens are refused everywhere as those of any session that ends. */
export async function revokeSession ({ core, report }: Operations, handle: string, because: Because): Promise<RevokedSession> {
  requireReason(because)
  const session = await sessionOf(core, handle)
  if (session === undefined) return { existed: false }
  const { userId, tenantId } = session
  await core.endSessionsBy([handle])
  await report({ userId, events: [eventOf('session.revoked', userId, because, { sessionHandle: handle, tenantId })] })
  return { existed: true, userId }
}

/** Ends all sessions of a person, and sign-ins that are under way. */
export async function revokeSessions (operations: Operations, userId: string, because: Because): Promise<{ revoked: number }> {
  const { core, report } = operations
  const { user, turn } = await begin(operations, userId, because)
  await turn.end({ [SESSIONS_ENDED]: newMark() })
  const { length: revoked } = await core.endSessions(user.id)
  await report({ userId: user.id, events: [eventOf('session.all-revoked', user.id, because)] })
  return { revoked }
}
