import { orInstall } from '../../../optional-package.js'

/** Seconds that a code is shown, and how many codes before and after the present one pass (RFC 6238 5.2 and 6). */
export const PERIOD = 30
export const SKEW = 1
export const DIGITS = 6

/** 160 bits, as RFC 4226 4 recommends. */
const SECRET_BYTES = 20

/** Loaded where the factor is on. */
export const loadOtp = () => import('otpauth').catch(orInstall('otpauth', 'secondFactors totp'))

export interface NewSecret {
  bytes: Uint8Array
  /** What people type into their app, in base32. */
  text: string
  /** What they scan. */
  uri: string
}

/** @param account tells the person's accounts apart in the app; undefined where it has no name */
export async function newSecret (issuer: string, account: string | undefined): Promise<NewSecret> {
  const { Secret, TOTP } = await loadOtp()
  const secret = new Secret({ size: SECRET_BYTES })
  // Apps split the label at its first colon.
  const totp = new TOTP({ issuer: issuer.replaceAll(':', ' '), label: account ?? issuer, secret, period: PERIOD, digits: DIGITS, algorithm: 'SHA1' })
  return { bytes: secret.bytes, text: secret.base32, uri: totp.toString() }
}

/** The time step that a code belongs to; undefined when it is none of those that pass now. Compared in constant time. */
export async function stepOf (code: string, bytes: Uint8Array): Promise<number | undefined> {
  const { Secret, TOTP } = await loadOtp()
  const secret = new Secret({ buffer: Uint8Array.from(bytes).buffer })
  const timestamp = Date.now()
  const options = { period: PERIOD, timestamp }
  const delta = TOTP.validate({ token: code, secret, digits: DIGITS, algorithm: 'SHA1', window: SKEW, ...options })
  return delta === null ? undefined : TOTP.counter(options) + delta
}
