import { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'

const CALLING_CODES = new Set<string>([...getCountries().map((country) => getCountryCallingCode(country)), '800', '808', '870', '878', '881', '882', '883', '888', '979'])

/** Whether a value names a country, as `US`, `49` or `+49`. */
export function isCountry (value: unknown): value is string {
  return typeof value === 'string' && (isSupportedCountry(value) || CALLING_CODES.has(value.replace(/^\+/, '')))
}

/**
 * Whether codes may be sent to a number. SMS pumping pays only where somebody shares the price of a message, which is
 * in few countries (ASVS 2.4.1). The ISO code `US` excludes Jamaica, although both share the calling code `1`.
 *
 * @param countries as in `limits.countries`; empty allows all
 */
export function mayReach (phoneNumber: string, countries: readonly string[]): boolean {
  if (countries.length === 0) return true
  const parsed = parsePhoneNumberFromString(phoneNumber)
  return countries.some((one) => one === parsed?.country || one.replace(/^\+/, '') === parsed?.countryCallingCode)
}

/** The country of a number as `US`, or its calling code as `+1` where the metadata knows no country. */
export function regionOf (phoneNumber: string): string {
  const parsed = parsePhoneNumberFromString(phoneNumber)
  return parsed?.country ?? `+${parsed?.countryCallingCode ?? ''}`
}

/**
 * What `countries` has for a number: by its country, or else by its calling code.
 *
 * @param countries by ISO codes (`US`), and calling codes without `+`
 */
export function byCountry<Value> (countries: ReadonlyMap<string, Value>, phoneNumber: string): Value | undefined {
  if (countries.size === 0) return undefined
  const parsed = parsePhoneNumberFromString(phoneNumber)
  return countries.get(parsed?.country ?? '') ?? countries.get(parsed?.countryCallingCode ?? '')
}
