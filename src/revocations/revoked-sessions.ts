import type { SessionRevoked } from './event.js'

/** A token, as far as it matters here. */
export interface TokenFacts {
  /** Handle of its session: the claim `sessionHandle`. */
  handle: string
  /** The claim `sub`. */
  userId: string
  /** The claim `tId`. */
  tenantId: string
  /** When it was issued, in seconds since 1970: the claim `iat`. */
  issuedAt: number
}

interface RevokedSessionsOptions {
  /** How long an access token lives, in milliseconds: older ends need not be remembered. */
  tokenLifeMs: number
  /** Entries, sessions and users each. */
  most: number
  /** Milliseconds since 1970. */
  now (): number
}

/** What has ended, for as long as its tokens could live. */
export function createRevokedSessions ({ tokenLifeMs, most, now }: RevokedSessionsOptions) {
  /** By handle: until when. In the order in which they came, which is about that of their ends. */
  const sessions = new Map<string, number>()
  /** By user and tenant: tokens issued until then. */
  const users = new Map<string, { at: number, until: number }>()
  /** The time of the newest event that had to be forgotten too early. */
  let forgotten = -Infinity

  const keyOf = (userId: string, tenantId?: string): string => JSON.stringify([userId, tenantId])

  function trim<Value> (map: Map<string, Value>, untilOf: (value: Value) => number): void {
    for (const [key, value] of map) {
      const until = untilOf(value)
      if (until > now() && map.size <= most) return
      map.delete(key)
      if (until > now()) forgotten = Math.max(forgotten, until - tokenLifeMs)
    }
  }

  function isUserRevoked (key: string, issuedAt: number): boolean {
    const found = users.get(key)
    // Rounded down by its issuer: a token of that second may be older than the event. What is no number is not newer.
    return found !== undefined && !(issuedAt * 1000 > found.at)
  }

  return {
    add ({ sessionHandles, userId, tenantId, at }: SessionRevoked): void {
      // By this clock: that of the other side may differ.
      const until = now() + tokenLifeMs
      for (const handle of sessionHandles ?? []) {
        sessions.delete(handle)
        sessions.set(handle, until)
      }
      if (sessionHandles === undefined && userId !== undefined) {
        const key = keyOf(userId, tenantId)
        const before = users.get(key)
        users.delete(key)
        users.set(key, { at: Math.max(at, before?.at ?? 0), until })
      }
      trim(sessions, (until) => until)
      trim(users, ({ until }) => until)
    },

    has ({ handle, userId, tenantId, issuedAt }: TokenFacts): boolean {
      return sessions.has(handle) || (users.size > 0 && (isUserRevoked(keyOf(userId), issuedAt) || isUserRevoked(keyOf(userId, tenantId), issuedAt)))
    },

    /** Of events until then, in milliseconds since 1970, some are forgotten though tokens of theirs may live. */
    get forgotten (): number { return forgotten },

    get size (): number { return sessions.size + users.size }
  }
}
