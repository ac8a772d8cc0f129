import { randomUUID } from 'node:crypto'
import type { CoreFetch } from '../core-fetch.js'
import { CoreUnavailable } from '../errors.js'
import type { Metadata } from '../second-factor/records.js'

const PATIENCE_MS = 5000

/** A Core that is called directly, without the SDK: by a command, or by an operator's functions of the library. */
export interface CoreAddress {
  /** Base URLs, without slashes at the end. */
  addresses: readonly string[]
  apiKey?: string | undefined
  fetch: CoreFetch
}

/** A user as the Core describes them; what is used of it. */
export interface CoreUser {
  id: string
  /** Milliseconds since 1970. */
  timeJoined?: number
  loginMethods: Array<{
    recipeId: string
    recipeUserId: string
    tenantIds: string[]
    timeJoined?: number
    verified?: boolean
    email?: string
    phoneNumber?: string
    thirdParty?: { id: string, userId: string }
  }>
}

export type Json = Record<string, unknown>

/** What commands and operators' functions ask of a Core. */
export interface Core {
  /** Any call whose answer is a JSON object, such as those of `src/admin/core-calls.ts`. */
  ask (method: 'GET' | 'POST' | 'PUT', path: string, body?: Json): Promise<Json>
  findUser (userId: string): Promise<CoreUser | undefined>
  /** Those whose login name is this one. */
  findUsers (email: string, tenantId: string): Promise<CoreUser[]>
  metadata (userId: string): Promise<Metadata>
  /** Merges, removes what is null, and returns the result. */
  update (userId: string, changes: Metadata): Promise<Metadata>
  /** Ends all sessions of a user, and returns their handles. */
  endSessions (userId: string): Promise<string[]>
  /** Ends sessions by their handles, and returns those that there were. */
  endSessionsBy (handles: readonly string[]): Promise<string[]>
  /** Gives a password account another login name; false if another account has it. */
  rename (recipeUserId: string, email: string): Promise<boolean>
  /** A page of a tenant's users, oldest first. `next` names the page after it, and is undefined at the end. */
  listUsers (tenantId: string, from?: string): Promise<{ users: CoreUser[], next: string | undefined }>
  /** The handles of a user's sessions. */
  sessionsOf (userId: string): Promise<string[]>
  /** What the next access token of a session says; undefined if the session has ended. */
  payloadOf (sessionHandle: string): Promise<Json | undefined>
  setPayload (sessionHandle: string, payload: Json): Promise<void>
  /** Whether a user has an authenticator app of SuperTokens' own TOTP recipe, and has proved it. */
  hasTotpDevice (userId: string): Promise<boolean>
  /** Links a login to a user, whom it makes a primary one first. Returns the status that is no success. */
  linkLogin (recipeUserId: string, userId: string): Promise<string | undefined>
}

/** A Core that answers, and refuses. */
function refusal (status: number): Error {
  return Object.assign(new Error(`The Core answers ${status}${status === 401 ? ': the key is wrong' : ''}.`), { code: 'CORE_REFUSED', status })
}

/**
 * Calls a Core. Each method throws AUTH_CORE_UNAVAILABLE when none of its addresses answers, and an error with the code
 * `CORE_REFUSED` when one refuses.
 */
export function createCoreClient ({ addresses, apiKey, fetch }: CoreAddress): Core {
  const ask: Core['ask'] = async function (method, path, body) {
    let cause: unknown
    for (const address of addresses) {
      let response
      try {
        response = await fetch(address + path, {
          method,
          headers: { 'content-type': 'application/json; charset=utf-8', 'cdi-version': '5.4', ...(apiKey !== undefined && { 'api-key': apiKey }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(PATIENCE_MS)
        })
      } catch (err) {
        cause = err
        continue
      }
      if (!response.ok) throw refusal(response.status)
      return await response.json() as Json
    }
    throw new CoreUnavailable({ cause })
  }

  const query = (values: Record<string, string>): string => new URLSearchParams(values).toString()

  return {
    ask,
    async findUser (userId) {
      const { status, user } = await ask('GET', `/user/id?${query({ userId })}`)
      return status === 'OK' ? user as CoreUser : undefined
    },
    async findUsers (email, tenantId) {
      const { users } = await ask('GET', `/${encodeURIComponent(tenantId)}/users/by-accountinfo?${query({ email, doUnionOfAccountInfo: 'false' })}`)
      return users as CoreUser[]
    },
    async metadata (userId) {
      const { metadata } = await ask('GET', `/recipe/user/metadata?${query({ userId })}`)
      return metadata as Metadata
    },
    async update (userId, metadataUpdate) {
      const { metadata } = await ask('PUT', '/recipe/user/metadata', { userId, metadataUpdate })
      return metadata as Metadata
    },
    async endSessions (userId) {
      const { sessionHandlesRevoked } = await ask('POST', '/recipe/session/remove', { userId, revokeAcrossAllTenants: true, revokeSessionsForLinkedAccounts: true })
      return sessionHandlesRevoked as string[]
    },
    async endSessionsBy (sessionHandles) {
      const { sessionHandlesRevoked } = await ask('POST', '/recipe/session/remove', { sessionHandles })
      return sessionHandlesRevoked as string[]
    },
    async rename (recipeUserId, email) {
      const { status } = await ask('PUT', '/recipe/user', { recipeUserId, email })
      return status === 'OK'
    },
    async listUsers (tenantId, from) {
      const { users, nextPaginationToken } = await ask('GET', `/${encodeURIComponent(tenantId)}/users?${query({ limit: '500', timeJoinedOrder: 'ASC', ...(from !== undefined && { paginationToken: from }) })}`)
      return { users: users as CoreUser[], next: nextPaginationToken as string | undefined }
    },
    async sessionsOf (userId) {
      const { sessionHandles } = await ask('GET', `/recipe/session/user?${query({ userId })}`)
      return sessionHandles as string[]
    },
    async payloadOf (sessionHandle) {
      const { status, userDataInJWT } = await ask('GET', `/recipe/session?${query({ sessionHandle })}`)
      return status === 'OK' ? userDataInJWT as Json : undefined
    },
    async setPayload (sessionHandle, userDataInJWT) {
      await ask('PUT', '/recipe/jwt/data', { sessionHandle, userDataInJWT })
    },
    async hasTotpDevice (userId) {
      const { devices } = await ask('GET', `/recipe/totp/device/list?${query({ userId })}`)
      return (devices as Array<{ verified?: boolean }> | undefined)?.some(({ verified }) => verified === true) ?? false
    },
    async linkLogin (recipeUserId, userId) {
      const primary = await ask('POST', '/recipe/accountlinking/user/primary', { recipeUserId: userId })
      if (primary.status !== 'OK') return String(primary.status)
      const linked = await ask('POST', '/recipe/accountlinking/user/link', { recipeUserId, primaryUserId: userId })
      return linked.status === 'OK' ? undefined : String(linked.status)
    }
  }
}

/** A mark of `src/session/epoch.ts`: sessions that are being created end. */
export const newMark = () => ({ id: randomUUID(), at: Date.now() })
