import { regionOf } from '../phone/countries.js'
import type { Keys } from './keys.js'
import type { LimitStore } from './store.js'

/** How long answers make a country one of ours. */
const SECONDS = 21 * 86_400
/** Answers from a country within {@link SECONDS} that make it one of ours. */
const ENOUGH = 3
const HALF_DAY = 43_200
/** Half days that have to begin after the answers: an attacker who answers waits 12 to 24 hours. */
const LATER = 2

/**
 * Remembers from which countries codes come back. An attacker can answer three codes in each of fifty countries within
 * minutes, so a country counts only the day after. Until then it has a part in what all such countries share.
 */
export function createTriedCountries (store: LimitStore, keys: Keys) {
  const answersKey = (number: string): string => keys('watch-country', regionOf(number))
  const sinceKey = (number: string): string => keys('watch-country-since', regionOf(number))
  const ANY = keys('watch-country-since')
  const halfDay = (): number => Math.floor(Date.now() / 1000 / HALF_DAY)

  return {
    async has (number: string): Promise<boolean> {
      const since = await store.get(sinceKey(number))
      return since !== undefined && since.count <= halfDay() - LATER
    },

    /** Whether there is any such country. A service that has just opened has none. */
    hasAny: async (): Promise<boolean> => await store.get(ANY) !== undefined,

    /** A number of the country has answered. Marks are written anew each time, so that no country in use drops out. */
    async answered (number: string): Promise<void> {
      const before = (await store.get(answersKey(number)))?.count ?? 0
      const answers = Math.min(before + 1, ENOUGH)
      await store.put(answersKey(number), answers, SECONDS)
      if (answers < ENOUGH) return
      const now = halfDay()
      const since = (await store.get(sinceKey(number)))?.count ?? now
      await store.put(sinceKey(number), since, SECONDS)
      if (since <= now - LATER) await store.put(ANY, 1, SECONDS)
    }
  }
}
