import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import type { OwnKey, SessionData } from '../session/own-data.js'
import { ownFunctions } from '../session/own-functions.js'

/** Key of the challenge in the session's data in the Core. */
const KEY = 'fastify-2fa:challenge' satisfies OwnKey

/** What a session is being asked for. Valid for this session, this factor and this address only (ASVS 6.6.2). */
export interface Challenge {
  /** Id of the factor. */
  factor: string
  /** What the client names when it answers. */
  id: string
  /** Whether the right answer enrols the factor once more. */
  adds?: true
  /** The enrolled address that the right answer replaces by `address`. No sign-in is answered with such a challenge. */
  from?: string
  /** Where the message went, for factors that send one. */
  address?: string
  /** When the newest message was sent or the challenge was made, in milliseconds since 1970. */
  sentAt: number
  /** What the factor needs to remember. Readable by whoever reads the Core: no secrets. */
  details?: Record<string, string>
}

interface Loaded {
  data: SessionData
  payload: Record<string, unknown>
  challenge: Challenge | undefined
  /** When the session was created, by the clock of the Core, in milliseconds since 1970. */
  createdAt: number
}

/** What a session is being asked for, by its data in the Core. */
export const challengeIn = (data: SessionData): Challenge | undefined => data[KEY] as Challenge | undefined

export function withoutChallenge (data: SessionData): SessionData {
  const { [KEY]: _challenge, ...others } = data
  return others
}

/** Undefined for a session that has ended. An access token outlives its session; a second factor must not. */
export async function loadChallenge (session: SessionContainerInterface, userContext: UserContext): Promise<Loaded | undefined> {
  const information = await ownFunctions().getSessionInformation({ sessionHandle: session.getHandle(), userContext })
  if (information === undefined) return undefined
  const data = information.sessionDataInDatabase as SessionData
  const payload = information.customClaimsInAccessTokenPayload as Record<string, unknown>
  return { data, payload, challenge: challengeIn(data), createdAt: information.timeCreated }
}

/** @returns false for a session that has ended */
export async function saveChallenge (session: SessionContainerInterface, data: SessionData, challenge: Challenge | undefined, userContext: UserContext): Promise<boolean> {
  return await ownFunctions().updateSessionDataInDatabase({
    sessionHandle: session.getHandle(),
    newSessionData: { ...withoutChallenge(data), ...(challenge !== undefined && { [KEY]: challenge }) },
    userContext
  })
}
