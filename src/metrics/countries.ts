import { getCountries } from 'libphonenumber-js/max'
import { regionOf } from '../phone/countries.js'
import { createBounded, OTHER } from './bounded.js'

/** Of countries that nobody has named in the settings. An attacker who has codes sent everywhere makes no more series. */
const MOST = 60

const COUNTRIES: ReadonlySet<string> = new Set(getCountries())

/** Names the country of a number (ISO 3166-1), which says nothing of whose it is. */
export function createCountryOf (configured: readonly string[]) {
  const bounded = createBounded(MOST, configured.filter((country) => COUNTRIES.has(country)))
  return function countryOf (number: string): string {
    const region = regionOf(number)
    return COUNTRIES.has(region) ? bounded(region) : OTHER
  }
}
