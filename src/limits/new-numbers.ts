import { regionOf } from '../phone/countries.js'
import { refuse } from './answers.js'
import { createCeiling, type Report } from './ceiling.js'
import type { Keys } from './keys.js'
import type { Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { createUnanswered, type Watched } from './unanswered.js'
import { takeAll, takeSlot, type Taken } from './windows.js'

const DAY = 86_400
/** How long answers make a country, and a passed second factor a network, one of ours. */
const KNOWN_SECONDS = 21 * DAY
/** Answers from a country within {@link KNOWN_SECONDS} that give it an allowance of its own. */
const TRIED = 3
/** Messages a day that a network from which somebody passed lately has while everybody else is refused. */
const PER_KNOWN_NETWORK = 3
const REFUSAL = 'Codes cannot be sent to numbers like this one at the moment.'

interface NewNumbersOptions {
  store: LimitStore
  keys: Keys
  report: Report
  rules: Exclude<ResolvedLimits['sends'], false>
}

/**
 * Watches messages to numbers that have never answered a code. SMS pumping lives on these: whoever shares the price of a
 * message has codes sent to thousands of numbers, with as many accounts and addresses, and nobody answers them. What no
 * limit of one account, number or address sees, the share of answers does: per range of 10,000 numbers, of a million,
 * per country, and in all (OWASP "SMS pumping"; ASVS 2.4.1). Numbers that have answered are never touched.
 */
export function createNewNumbers ({ store, keys, report, rules }: NewNumbersOptions) {
  const { unansweredPerRange, unansweredPerMillion, unansweredPerCountry, unansweredElsewhere, newNumbersPerHour, newNumbersPerDay } = rules
  const unanswered = createUnanswered({ store, keys, report, answeredPercent: rules.answeredPercent })
  const ceiling = createCeiling({ store, keys, report, purpose: 'watch-all', what: 'messages to new numbers', perHour: newNumbersPerHour, perDay: newNumbersPerDay })
  const ELSEWHERE: Watched = { name: 'countries where nobody answered lately', allowance: unansweredElsewhere }

  const millionOf = (number: string): Watched => ({ name: `numbers ${number.slice(0, -6)}••••••`, allowance: unansweredPerMillion })
  const rangeOf = (number: string): Watched => ({ name: `numbers ${number.slice(0, -4)}••••`, allowance: unansweredPerRange })

  const countryOf = (number: string): Watched => ({ name: `country ${regionOf(number)}`, allowance: unansweredPerCountry })
  const askedKey = (number: string): string => keys('watch-asked', number)
  const answersKey = (number: string): string => keys('watch-country', regionOf(number))
  const passedKey = ([{ name }]: Networks): string => keys('passed-network', name)
  const answersFrom = async (number: string): Promise<number> => (await store.get(answersKey(number)))?.count ?? 0

  /**
   * The part of owners: while a country is closed, or the ceiling reached, a network from which somebody has passed a
   * second factor lately may still ask.
   */
  async function takeKnown (networks: Networks): Promise<Taken | number> {
    if (await store.get(passedKey(networks)) === undefined) return DAY
    return await takeSlot(store, { key: keys('watch-passed', networks[0].name), limit: PER_KNOWN_NETWORK, seconds: DAY })
  }

  return {
    /**
     * Takes what one message to a number costs that has not answered yet.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserve (number: string, networks: Networks): Promise<Taken> {
      // Countries without answers share one allowance. Otherwise an attacker has that of two hundred countries.
      const country = await answersFrom(number) < TRIED ? ELSEWHERE : countryOf(number)
      let wide = await takeAll([unanswered.take(country), ...ceiling('everyone')])
      if (typeof wide === 'number') {
        const known = await takeKnown(networks)
        if (typeof known === 'number') throw refuse(REFUSAL, wide)
        wide = known
      }
      // A range is so small that one person who asks five times would close it: each number counts once there.
      const isFirst = await store.get(askedKey(number)) === undefined
      const narrow = await takeAll([unanswered.take(millionOf(number)), ...(isFirst ? [unanswered.take(rangeOf(number))] : [])])
      const shared = wide
      if (typeof narrow === 'number') {
        await shared.giveBack()
        throw refuse(REFUSAL, narrow)
      }
      await store.put(askedKey(number), 1, DAY)
      return { left: Infinity, giveBack: async () => { await Promise.all([shared.giveBack(), narrow.giveBack()]) } }
    },

    /** A code has been answered, by whichever account. */
    async answered (number: string, networks: Networks): Promise<void> {
      await store.put(passedKey(networks), 1, KNOWN_SECONDS)
      if (await store.get(askedKey(number)) === undefined) return
      await store.delete(askedKey(number))
      const before = await answersFrom(number)
      // Written anew each time, so that a country where people answer never drops out.
      await store.put(answersKey(number), Math.min(before + 1, TRIED), KNOWN_SECONDS)
      const watched = [millionOf(number), rangeOf(number), countryOf(number), ...(before < TRIED ? [ELSEWHERE] : [])]
      await Promise.all(watched.map((one) => unanswered.answered(one)))
    }
  }
}

export type NewNumbers = ReturnType<typeof createNewNumbers>
