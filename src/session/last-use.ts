import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import { memberOf } from '../members.js'

/**
 * How long the Core lets a session live without a refresh (`refresh_token_validity`), in milliseconds. The Core tells nobody,
 * so this process learns it from the sessions that it makes and refreshes.
 */
let validity: number | undefined

/** Learns from a session with a new refresh token. */
export function learnValidity (session: SessionContainerInterface): void {
  const token = memberOf(session, 'refreshToken')
  const [expiry, createdTime] = [memberOf(token, 'expiry'), memberOf(token, 'createdTime')]
  if (typeof expiry === 'number' && typeof createdTime === 'number') validity = expiry - createdTime
}

/**
 * When a session was last refreshed, in milliseconds since 1970: each refresh moves its expiry. So no request has to write
 * it down. Undefined while this process has seen no session begin.
 */
export function lastUseOf ({ expiry, timeCreated }: { expiry: number, timeCreated: number }): number | undefined {
  return validity === undefined ? undefined : Math.max(timeCreated, expiry - validity)
}
