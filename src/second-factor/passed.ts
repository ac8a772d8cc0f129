import { KNOWN_BROWSER } from '../account/known-browser-claim.js'
import type { Factor } from './factor.js'

/**
 * What a session's payload says of how its user was authenticated.
 *
 * - `st-mfa`: SuperTokens' claim for its own MFA recipe, which stock frontends read: each completed factor with the time,
 *   and whether all that is needed has passed.
 * - `amr`: methods (RFC 8176), such as `["pwd", "otp", "sms", "mfa"]`.
 * - `acr`: the strongest second factor that has passed (RFC 9470), such as `urn:fastify-2fa:sms`.
 *
 * Guards and the policy read `st-mfa`; `amr` and `acr` are for services that know nothing of SuperTokens.
 */
type Payload = Record<string, unknown>

export const MFA_CLAIM = 'st-mfa'

/** Names in the payload that only this plugin sets. */
const KEYS = [MFA_CLAIM, 'amr', 'acr', KNOWN_BROWSER]

const ACR_PREFIX = 'urn:fastify-2fa:'

type Named = Pick<Factor, 'id' | 'mfaId'>

/** A factor's name in the Frontend Driver Interface. */
export const mfaIdOf = ({ id, mfaId }: Named): string => mfaId ?? id

/** A factor as an `acr` value (RFC 9470). */
export const acrOf = ({ id }: Pick<Factor, 'id'>): string => ACR_PREFIX + id

/** Whether a name means a first factor. A second one of this name would have passed with the password. */
export const isFirstFactor = (name: string): boolean => Object.hasOwn(FIRST_FACTORS, name)

interface Completed {
  /** By name of the Frontend Driver Interface, in seconds since 1970. */
  c: Record<string, number>
  /** Whether all that is needed has passed. */
  v: boolean
}

function completedIn (payload: Payload): Completed['c'] {
  const claim = payload[MFA_CLAIM]
  if (typeof claim !== 'object' || claim === null || !('c' in claim)) return {}
  return typeof claim.c === 'object' && claim.c !== null ? claim.c as Completed['c'] : {}
}

/** When a session passed a factor, in milliseconds since 1970; undefined if it did not. */
export function passedAt (payload: Payload, factor: Named): number | undefined {
  const completed = completedIn(payload)
  const name = mfaIdOf(factor)
  const seconds: unknown = Object.hasOwn(completed, name) ? completed[name] : undefined
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

/** When a session last passed one of these factors; undefined if it passed none. */
export function lastPassedAt (payload: Payload, factors: readonly Named[]): number | undefined {
  const times = factors.map((factor) => passedAt(payload, factor)).filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.max(...times)
}

/** A second factor that a session has passed. */
export interface PassedFactor {
  /** Its name in the Frontend Driver Interface. */
  factor: string
  /** Milliseconds since 1970. */
  at: number
}

/** The second factors that a session has passed. */
export function secondFactorsPassed (payload: Payload): PassedFactor[] {
  return Object.entries(completedIn(payload)).filter(([name]) => !isFirstFactor(name)).map(([factor, seconds]) => ({ factor, at: seconds * 1000 }))
}

/** When a factor last passed, in seconds since 1970 (`auth_time` of OpenID Connect); undefined if the payload says of none. */
export function authenticatedAt (payload: Payload): number | undefined {
  const times = Object.values(completedIn(payload)).filter((time) => typeof time === 'number')
  return times.length === 0 ? undefined : Math.max(...times)
}

/** First factors by their name in the Frontend Driver Interface. Social login has no method in RFC 8176. */
const FIRST_FACTORS: Record<string, readonly string[]> = { emailpassword: ['pwd'], thirdparty: [] }

/** What an app puts into the payload of a new session. Nothing of it may say that a factor has passed. */
function withoutPassed (payload: Payload): Payload {
  const own = { ...payload }
  for (const key of KEYS) delete own[key]
  return own
}

/**
 * The payload of a new session.
 *
 * @param isEnough whether the user needs no second factor
 */
export function withFirstFactor (payload: Payload, name: 'emailpassword' | 'thirdparty', isEnough: boolean): Payload {
  return { ...withoutPassed(payload), [MFA_CLAIM]: { c: { [name]: seconds() }, v: isEnough } satisfies Completed, amr: FIRST_FACTORS[name] }
}

/** The payload of a new session whose user has passed one factor that is two in one: no password comes with it. */
export function withSoleFactor (payload: Payload, factor: Factor, factors: readonly Factor[]): Payload {
  return { ...withoutPassed(payload), ...withSecondFactor({}, factor, factors) }
}

/** What the payload says once a second factor has passed. */
export function withSecondFactor (payload: Payload, factor: Factor, factors: readonly Factor[]): Payload {
  const c = { ...completedIn(payload), [mfaIdOf(factor)]: seconds() }
  const passed = factors.filter((one) => Object.hasOwn(c, mfaIdOf(one)))
  const [strongest = factor] = passed.toSorted((a, b) => b.strength - a.strength)
  const methods = Object.keys(c).flatMap((name) => FIRST_FACTORS[name] ?? factors.find((one) => mfaIdOf(one) === name)?.amr ?? [])
  return { [MFA_CLAIM]: { c, v: true } satisfies Completed, amr: [...new Set([...methods, 'mfa'])], acr: acrOf(strongest) }
}

function seconds (): number {
  return Math.floor(Date.now() / 1000)
}
