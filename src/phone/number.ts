import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

/**
 * Normalises a phone number to E.164. Sign-up, sign-in, exists, reset, import and enrolment all use this function, so
 * that two spellings of a number are never two accounts.
 *
 * @returns for example `+14155550101`, or undefined if the number is not valid
 */
export function toE164 (input: string, defaultCountry?: CountryCode): string | undefined {
  const parsed = parsePhoneNumberFromString(input.trim(), { ...(defaultCountry && { defaultCountry }), extract: false })
  return parsed?.isValid() === true && parsed.ext === undefined ? parsed.number : undefined
}

/** Masks a number for logs and hints: `+1••••••••01`. */
export function maskPhoneNumber (e164: string): string {
  return e164.slice(0, 2) + '•'.repeat(Math.max(0, e164.length - 4)) + e164.slice(-2)
}
