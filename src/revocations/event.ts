/*
 * What is told of sessions that have ended: between replicas, to services that verify tokens, and to receivers of security
 * events. It imports nothing, since the feed of those services does.
 */

/**
 * Why a session ended. For logs and statistics: whatever the reason, it is over.
 *
 * - `signed-out`: by its owner, in it.
 * - `ended`: by its owner elsewhere, or by the app.
 * - `replaced`: a new one took its place, once a second factor had passed.
 * - `credential-change`, `factor-change`: the password or the login changed, or a second factor.
 * - `operator`: an operator did it.
 * - `token-theft`: its refresh token was used twice.
 * - `user-deleted`: the account is gone.
 */
export const REASONS = ['signed-out', 'ended', 'replaced', 'credential-change', 'factor-change', 'operator', 'token-theft', 'user-deleted'] as const
export type RevocationReason = typeof REASONS[number]

/** Sessions that have ended. Either those with `sessionHandles`, or all of a user. */
export interface SessionRevoked {
  type: 'session-revoked'
  /** At most {@link MOST_HANDLES}. Without them, all sessions of `userId` whose tokens were issued until `at` have ended. */
  sessionHandles?: readonly string[]
  userId?: string
  /** Where only the sessions of one tenant are meant. */
  tenantId?: string
  /** Milliseconds since 1970. */
  at: number
  reason: RevocationReason
}

/** Handles in one event. */
export const MOST_HANDLES = 100
/** Characters of one. The Core's are UUIDs, with the tenant behind them. */
const LONGEST_ID = 256

/** Whether it can name a user or a session: what cannot would be dropped by whoever reads the event. */
export const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= LONGEST_ID
const isOptionalId = (value: unknown): value is string | undefined => value === undefined || isId(value)

/**
 * Reads an event that came over the network.
 *
 * @returns undefined for anything else, such as the events of a later version
 */
export function parseEvent (text: string): SessionRevoked | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof content !== 'object' || content === null) return undefined
  const { type, sessionHandles, userId, tenantId, at, reason } = content as Record<string, unknown>
  if (type !== 'session-revoked' || typeof at !== 'number' || !Number.isFinite(at) || !isOptionalId(userId) || !isOptionalId(tenantId)) return undefined
  const known = { type, at, reason: REASONS.find((one) => one === reason) ?? 'ended', ...(userId !== undefined && { userId }), ...(tenantId !== undefined && { tenantId }) } as const
  if (sessionHandles === undefined) return userId === undefined ? undefined : known
  if (!Array.isArray(sessionHandles) || sessionHandles.length === 0 || sessionHandles.length > MOST_HANDLES || !sessionHandles.every(isId)) return undefined
  return { ...known, sessionHandles }
}

/** Writes an event for others. Where handles say all, nobody needs to learn whose sessions they were. */
export function formatEvent ({ type, sessionHandles, userId, tenantId, at, reason }: SessionRevoked): string {
  return JSON.stringify(sessionHandles === undefined ? { type, userId, tenantId, at, reason } : { type, sessionHandles, at, reason })
}
