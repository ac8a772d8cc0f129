import { parsePhoneNumberFromString, type CountryCode, type PhoneNumber } from 'libphonenumber-js/max'
import { plainNumber } from './spelling.js'
import { currentForm } from './two-ways.js'

/** Shorter numbers in ranges that nobody knows are services, not phones: `+49 1234` is long enough to be possible. */
const SHORTEST_UNKNOWN = 7
/** Area codes and exchanges of North America never begin with 0 or 1, whichever ranges are in use. */
const OUTSIDE_NANP = /^\+1(?![2-9]\d\d[2-9]\d{6}$)/

function parse (text: string, defaultCountry?: CountryCode): PhoneNumber | undefined {
  const parsed = parsePhoneNumberFromString(text, { ...(defaultCountry && { defaultCountry }), extract: false })
  return parsed?.ext === undefined ? parsed : undefined
}

/**
 * Reads an international number. Its range need not be known: countries open new ones (`+1 565`) before libraries learn
 * of them.
 */
function international (text: string): string | undefined {
  const typed = parse(text)?.number
  if (typed === undefined) return undefined
  const parsed = parse(currentForm(typed))
  if (parsed === undefined || OUTSIDE_NANP.test(parsed.number)) return undefined
  return parsed.isValid() || (parsed.isPossible() && parsed.nationalNumber.length >= SHORTEST_UNKNOWN) ? parsed.number : undefined
}

/**
 * Normalises a phone number to E.164. Sign-up, sign-in, exists, reset, import and enrolment all use this function, so
 * that two spellings of a number are never two accounts.
 *
 * @param defaultCountry country of numbers that are typed without `+` or `00`
 * @returns for example `+14155550101`, or undefined if the text is not one number that messages can go to
 */
export function toE164 (input: string, defaultCountry?: CountryCode): string | undefined {
  const text = plainNumber(input)
  if (/^\+(?!\s*00)/.test(text)) return international(text)
  // First as people of that country dial it: 00 may be followed by a carrier there, and 011 may stand for +.
  const national = defaultCountry && parse(text, defaultCountry)
  if (national?.isValid() === true) return international(national.number)
  const abroad = /^(?:\+\s*)?00(?=[\s().-]*[1-9])(.*)$/.exec(text)?.[1]
  if (abroad !== undefined) return international(`+${abroad}`)
  // `tel:2125550123;phone-context=+1` (RFC 3966), and old national forms such as Mexico's 044.
  return text.includes(';phone-context=+') ? international(text) : oldNational(national)
}

function oldNational (national: PhoneNumber | undefined): string | undefined {
  const current = national === undefined ? undefined : currentForm(national.number)
  return current !== undefined && current !== national?.number && parse(current)?.isValid() === true ? current : undefined
}

/** Whether two numbers are the same one, perhaps stored in forms of different years. */
export function isSameNumber (one: string, other: string): boolean {
  return one === other || (toE164(one) ?? one) === (toE164(other) ?? other)
}

const MASKED = /^\+\d•+\d\d$/

/** Whether a text is a number as {@link maskPhoneNumber} shows it. */
export const isMaskedNumber = (text: string): boolean => MASKED.test(text)

/** Masks a number for logs and hints: `+1••••••••01`. */
export function maskPhoneNumber (e164: string): string {
  return e164.slice(0, 2) + '•'.repeat(Math.max(0, e164.length - 4)) + e164.slice(-2)
}
