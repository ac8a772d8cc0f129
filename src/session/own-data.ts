import type { RecipeInterface } from 'supertokens-node/recipe/session/types'

export type SessionData = Record<string, unknown>

/**
 * Keys in a session's data in the Core that only this plugin reaches: an app that calls `updateSessionDataInDatabase` can
 * neither read nor forge nor lose them.
 */
const PREFIX = 'fastify-2fa:'

export type OwnKey = `${typeof PREFIX}${string}`

function filtered (data: SessionData, isOwn: boolean): SessionData {
  return Object.fromEntries(Object.entries(data).filter(([key]) => key.startsWith(PREFIX) === isOwn))
}

/** The app's own session data. */
export const withoutOwnData = (data: SessionData): SessionData => filtered(data, false)

/** Hides our data from apps that read session data, and keeps it when they replace the data. */
export function protectOwnData (original: RecipeInterface): Pick<RecipeInterface, 'getSessionInformation' | 'updateSessionDataInDatabase'> {
  return {
    async getSessionInformation (input) {
      const information = await original.getSessionInformation(input)
      if (information === undefined) return undefined
      return { ...information, sessionDataInDatabase: withoutOwnData(information.sessionDataInDatabase as SessionData) }
    },
    async updateSessionDataInDatabase (input) {
      const information = await original.getSessionInformation(input)
      const own = filtered((information?.sessionDataInDatabase ?? {}) as SessionData, true)
      return await original.updateSessionDataInDatabase({ ...input, newSessionData: { ...withoutOwnData(input.newSessionData as SessionData), ...own } })
    }
  }
}
