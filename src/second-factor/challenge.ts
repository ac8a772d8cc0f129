import type { RecipeInterface, SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'

/**
 * Key of the challenge in the session's data in the Core. Only this plugin reaches it: an app that calls
 * `updateSessionDataInDatabase` can neither read nor forge nor lose it.
 */
const KEY = 'fastify-2fa:challenge'

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

type SessionData = Record<string, unknown>

/** The app's own session data, with any challenge it was handed removed. */
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

interface Loaded {
  data: SessionData
  payload: Record<string, unknown>
  challenge: Challenge | undefined
  /** When the session was created, by the clock of the Core, in milliseconds since 1970. */
  createdAt: number
}

/**
 * Reads and writes a session's challenge through the unprotected recipe functions.
 *
 * `load` returns undefined for a session that has ended. An access token outlives its session; a second factor must not.
 */
function createChallengeStore (original: RecipeInterface) {
  return {
    async load (session: SessionContainerInterface, userContext: UserContext): Promise<Loaded | undefined> {
      const information = await original.getSessionInformation({ sessionHandle: session.getHandle(), userContext })
      if (information === undefined) return undefined
      const data = information.sessionDataInDatabase as SessionData
      const payload = information.customClaimsInAccessTokenPayload as Record<string, unknown>
      return { data, payload, challenge: data[KEY] as Challenge | undefined, createdAt: information.timeCreated }
    },
    async save (session: SessionContainerInterface, data: SessionData, challenge: Challenge | undefined, userContext: UserContext): Promise<boolean> {
      return await original.updateSessionDataInDatabase({
        sessionHandle: session.getHandle(),
        newSessionData: { ...withoutChallenge(data), ...(challenge !== undefined && { [KEY]: challenge }) },
        userContext
      })
    }
  }
}

// One per process, as supertokens-node is: a second app uses the recipes that the first one started.
let store: ReturnType<typeof createChallengeStore> | undefined

/** Takes the session recipe's own functions, below every override. */
export function openChallengeStore (original: RecipeInterface): void {
  store = createChallengeStore(original)
}

export function challengeStore (): ReturnType<typeof createChallengeStore> {
  if (store === undefined) throw new Error('the session recipe has not started')
  return store
}
