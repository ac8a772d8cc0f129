import { parsePhoneNumberFromString, type NumberType } from 'libphonenumber-js/max'

/**
 * Kinds of numbers that nobody receives codes on: their calls cost the caller more than usual, which somebody shares, or
 * they belong to machines and companies. Personal numbers (UK 070, US 5XX) are charged like premium ones.
 *
 * Landlines stay allowed: in many countries they cannot be told from mobiles, ported and VoIP numbers look like them, and
 * some carriers read texts out.
 */
const REFUSED = new Set<NumberType>(['PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'UAN', 'VOICEMAIL', 'PAGER', 'PERSONAL_NUMBER'])

/**
 * Calling codes that belong to no country (ITU E.164): toll-free, shared cost, satellites (870, 881), personal numbers,
 * networks (882, 883: satellites and machines), disaster relief, premium rate.
 */
const NO_COUNTRY = ['800', '808', '870', '871', '872', '873', '874', '878', '881', '882', '883', '888', '979']

/** Digits after the calling code that decide the kind of a number in practice, for example `900`. */
const PREFIX_LENGTH = 3

/**
 * The kind of a number that the metadata does not know, by its neighbours with the same prefix: `+1 900 123 4567` is not
 * assigned, and premium if it ever is.
 */
function kindsNearby (callingCode: string, nationalNumber: string): (NumberType | undefined)[] {
  const prefix = nationalNumber.slice(0, PREFIX_LENGTH)
  return Array.from('0123456789', (digit) => `+${callingCode}${prefix.padEnd(nationalNumber.length, digit)}`)
    .map((neighbour) => parsePhoneNumberFromString(neighbour)?.getType())
    .filter((kind) => kind !== undefined)
}

/**
 * Whether codes are sent to this kind of number (SMS pumping, ASVS 2.4.1). A number of which the metadata knows nothing
 * passes: new ranges are assigned all the time.
 */
export function takesTexts (phoneNumber: string): boolean {
  const parsed = parsePhoneNumberFromString(phoneNumber)
  if (parsed === undefined || NO_COUNTRY.includes(parsed.countryCallingCode)) return false
  const kind = parsed.getType()
  if (kind !== undefined) return !REFUSED.has(kind)
  const nearby = kindsNearby(parsed.countryCallingCode, parsed.nationalNumber)
  return nearby.length === 0 || nearby.some((one) => !REFUSED.has(one))
}
