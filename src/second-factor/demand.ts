import { acrOf, lastPassedAt, mfaIdOf } from './passed.js'

/** Reads the second factor's claim in a token's payload, without the SDK: services that only verify tokens do it too. */

/** The session claims of both systems: e-mail + password or social login first, and phone + password first. */
export const SECOND_FACTOR_CLAIM = '2fa-completed'
export const PHONE_VERIFIED_CLAIM = 'phone-verified'

type Payload = Record<string, unknown>

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** One of SuperTokens' claims in a payload: its value, and when it was fetched, in milliseconds since 1970. */
export interface ClaimState { v?: Json, t?: Json }

export const claimIn = (payload: Payload, key: string): ClaimState | null | undefined => payload[key] as ClaimState | null | undefined

/** A factor by its names alone, so that this file's types need no others. */
export interface NamedFactor {
  id: string
  /** Its name in the Frontend Driver Interface. @default its id */
  mfaId?: string
}

/** What a route asks of the second factor beside that one has passed. */
export interface Demand {
  /** Seconds since it passed. @default no limit */
  maxAge?: number | undefined
  /** The factors that count, any of them. @default all */
  factors?: readonly NamedFactor[] | undefined
}

/** Why a session does not meet a demand, in the form of SuperTokens' claim validators. `acrValues` as in RFC 9470. */
export type Reason =
  | { message: 'wrong value', expectedValue: true, actualValue?: Json }
  | { message: 'wrong factor', expectedFactors: string[], acrValues: string[] }
  | { message: 'expired', ageInSeconds: number, maxAgeInSeconds: number, acrValues?: string[] }

/** When the newest factor that counts has passed, in milliseconds since 1970; undefined if none has. */
function countsSince (key: string, payload: Payload, { factors }: Demand): number | undefined {
  if (factors === undefined) return (claimIn(payload, key)?.t ?? 0) as number
  return lastPassedAt(payload, factors)
}

/**
 * Why the claim of this name does not meet the demand; undefined if it does.
 *
 * @param now by the wall clock, in milliseconds
 */
export function reasonAgainst (key: string, payload: Payload, demand: Demand, now: number): Reason | undefined {
  const { maxAge, factors } = demand
  const actualValue = claimIn(payload, key)?.v
  if (actualValue !== true) return { message: 'wrong value', expectedValue: true, ...(actualValue !== undefined && { actualValue }) }
  const acrValues = factors?.map(acrOf)
  const since = countsSince(key, payload, demand)
  if (since === undefined) return { message: 'wrong factor', expectedFactors: factors!.map(mfaIdOf), acrValues: acrValues! }
  const ageInSeconds = Math.floor((now - since) / 1000)
  if (maxAge === undefined || ageInSeconds <= maxAge) return undefined
  return { message: 'expired', ageInSeconds, maxAgeInSeconds: maxAge, ...(acrValues && { acrValues }) }
}

/**
 * The challenge of RFC 9470 (step-up authentication) for programs that know nothing of SuperTokens: which `acr` would do,
 * and how fresh. The status stays 403: at 401, SuperTokens' frontends would refresh the session again and again.
 */
export function stepUpChallenge ({ reason: { acrValues, maxAgeInSeconds } = {} }: { reason?: { maxAgeInSeconds?: unknown, acrValues?: unknown } }): string {
  return 'Bearer error="insufficient_user_authentication", error_description="A second factor is needed"' +
    (Array.isArray(acrValues) ? `, acr_values="${acrValues.join(' ')}"` : '') +
    (typeof maxAgeInSeconds === 'number' ? `, max_age="${maxAgeInSeconds}"` : '')
}
