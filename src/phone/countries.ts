import { getCountries, getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'

const CALLING_CODES = new Set<string>([...getCountries().map((country) => getCountryCallingCode(country)), '800', '808', '870', '878', '881', '882', '883', '888', '979'])

/** Whether it names a country: `US`, `49` or `+49`. */
export function isCountry (value: unknown): value is string {
  return typeof value === 'string' && (isSupportedCountry(value) || CALLING_CODES.has(value.replace(/^\+/, '')))
}

/**
 * Whether codes may be sent to this number. Pumping pays where somebody shares in the price of a message, and that is in few countries
 * (ASVS 2.4.1). By ISO code `US` is not Jamaica, although both are `1`.
 *
 * @param countries as in `limits.countries`; none is all
 */
export function mayReach (phoneNumber: string, countries: readonly string[]): boolean {
  if (countries.length === 0) return true
  const parsed = parsePhoneNumberFromString(phoneNumber)
  return countries.some((one) => one === parsed?.country || one.replace(/^\+/, '') === parsed?.countryCallingCode)
}
