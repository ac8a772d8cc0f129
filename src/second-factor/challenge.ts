import { createHash } from 'node:crypto'
import type { RecipeInterface, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

/**
 * Where a challenge is kept inside the session's data in the Core. The key is ours alone: what an app stores with
 * `updateSessionDataInDatabase` can neither read nor forge nor lose it.
 */
const KEY = 'fastify-2fa:challenge'

/** A code on its way: valid for this session and this number only (ASVS 6.6.2). */
export interface Challenge {
  preAuthSessionId: string
  /** E.164 */
  phoneNumber: string
  /** The newest code; the one before it is revoked. */
  codeId: string
  /** When the newest code was sent, in milliseconds since 1970. */
  sentAt: number
}

type SessionData = Record<string, unknown>

/** What an app keeps in a session, without a challenge that it may have been given to keep. */
export function withoutChallenge (data: SessionData): SessionData {
  const { [KEY]: _forged, ...others } = data
  return others
}

/** Hides the challenge from apps that read session data, and keeps it when they replace the data. */
export function protectChallenge (original: RecipeInterface): Pick<RecipeInterface, 'getSessionInformation' | 'updateSessionDataInDatabase'> {
  return {
    async getSessionInformation (input) {
      const information = await original.getSessionInformation(input)
      if (information === undefined) return undefined
      return { ...information, sessionDataInDatabase: withoutChallenge(information.sessionDataInDatabase as SessionData) }
    },
    async updateSessionDataInDatabase (input) {
      const information = await original.getSessionInformation(input)
      const challenge = (information?.sessionDataInDatabase as SessionData | undefined)?.[KEY]
      return await original.updateSessionDataInDatabase({
        ...input,
        newSessionData: { ...withoutChallenge(input.newSessionData as SessionData), ...(challenge !== undefined && { [KEY]: challenge }) }
      })
    }
  }
}

/**
 * Reads and writes a session's challenge through the unprotected recipe functions.
 *
 * `load` answers undefined for a session that has ended: an access token outlives its session, a second factor must not.
 */
export function createChallengeStore (original: RecipeInterface) {
  return {
    async load (session: SessionContainerInterface, userContext: UserContext): Promise<{ data: SessionData, challenge: Challenge | undefined } | undefined> {
      const information = await original.getSessionInformation({ sessionHandle: session.getHandle(), userContext })
      if (information === undefined) return undefined
      const data = information.sessionDataInDatabase as SessionData
      return { data, challenge: data[KEY] as Challenge | undefined }
    },
    async save (session: SessionContainerInterface, data: SessionData, challenge: Challenge, userContext: UserContext): Promise<boolean> {
      return await original.updateSessionDataInDatabase({
        sessionHandle: session.getHandle(),
        newSessionData: { ...data, [KEY]: challenge },
        userContext
      })
    }
  }
}

/**
 * Whether device and preAuthSessionId belong together: the Core derives the second as base64url(SHA-256(device id)) (CDI
 * `/recipe/signinup/code/consume`). It answers 400 to a pair that does not fit and to sloppy base64, which the SDK turns into a 500.
 */
export function deviceFits (deviceId: string, preAuthSessionId: string): boolean {
  const bytes = Buffer.from(deviceId, 'base64')
  return bytes.toString('base64') === deviceId && createHash('sha256').update(bytes).digest('base64url') === preAuthSessionId
}
