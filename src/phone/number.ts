import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

/**
 * The one normalisation of phone numbers: sign-up, sign-in, exists, reset, import and enrolment all pass here, so that two
 * spellings of a number are never two accounts (E.164).
 *
 * @returns for example `+14155550101`, or undefined when it is no valid number
 */
export function toE164 (input: string, defaultCountry?: CountryCode): string | undefined {
  const parsed = parsePhoneNumberFromString(input.trim(), { ...(defaultCountry && { defaultCountry }), extract: false })
  return parsed?.isValid() === true && parsed.ext === undefined ? parsed.number : undefined
}

/** What logs and hints may show of a number: `+1••••••••01`. */
export function maskPhoneNumber (e164: string): string {
  return e164.slice(0, 2) + '•'.repeat(Math.max(0, e164.length - 4)) + e164.slice(-2)
}
