import { regionOf } from '../phone/countries.js'
import { refuse } from './answers.js'
import { createCeiling, type Report } from './ceiling.js'
import type { Keys } from './keys.js'
import { homeOf, type Network, type Networks } from './network.js'
import type { ResolvedLimits } from './resolve.js'
import type { LimitStore } from './store.js'
import { createTriedCountries } from './tried.js'
import { ANSWER_SECONDS, createUnanswered, type Watched } from './unanswered.js'
import { takeAll, takeSlot, type Taken } from './windows.js'

const DAY = 86_400
/** How long a passed second factor makes a network known. */
const KNOWN_SECONDS = 21 * DAY
/** Messages a day that a known network has while everybody else is refused. */
const PER_KNOWN_NETWORK = 3
/** The parts of a range of 10,000 and of a million numbers that one network may use: a third, a quarter. */
const [OF_RANGE, OF_MILLION] = [3, 4]
/** For whoever has not proved a number, whatever the reason is. */
export const REFUSAL = 'Codes cannot be sent to numbers like this one at the moment.'
const NETWORK_REFUSAL = 'Too many codes from your network were not answered. Please use another network, or wait.'

interface Refused { refusal: string, wait: number }

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
 *
 * Closing what nobody answers must not become a weapon: with a few messages, a stranger would keep everybody else in the
 * country out. So each network has a share of its own, which is used up first.
 */
export function createNewNumbers ({ store, keys, report, rules }: NewNumbersOptions) {
  const { unansweredPerNetwork, unansweredPerRange, unansweredPerMillion, unansweredPerCountry, unansweredElsewhere, newNumbersPerHour, newNumbersPerDay } = rules
  const unanswered = createUnanswered({ store, keys, report, answeredPercent: rules.answeredPercent })
  const tried = createTriedCountries(store, keys)
  const limits = { store, keys, report, perHour: newNumbersPerHour, perDay: newNumbersPerDay }
  const halves = { ...limits, perHour: Math.ceil(newNumbersPerHour / 2), perDay: Math.ceil(newNumbersPerDay / 2) }
  const ceiling = createCeiling({ ...limits, purpose: 'watch-all', what: 'messages to new numbers' })
  // Half of the ceiling is kept for countries where people answer, and no more than half goes beyond it.
  const ceilingElsewhere = createCeiling({ ...halves, purpose: 'watch-elsewhere', what: 'messages to countries where nobody answered lately' })
  const ceilingKnown = createCeiling({ ...halves, purpose: 'watch-known', what: 'messages to new numbers from known networks' })

  // Countries without answers share one allowance. Otherwise an attacker has that of two hundred countries.
  const ELSEWHERE: Watched = { name: 'countries where nobody answered lately', allowance: unansweredElsewhere }
  const countryOf = (number: string): Watched => ({ name: `country ${regionOf(number)}`, allowance: unansweredPerCountry })
  const millionOf = (number: string): Watched => ({ name: `numbers ${number.slice(0, -6)}••••••`, allowance: unansweredPerMillion })
  const rangeOf = (number: string): Watched => ({ name: `numbers ${number.slice(0, -4)}••••`, allowance: unansweredPerRange })

  const shareOf = ({ name, share }: Network): Watched => ({ name: `network ${name}`, allowance: unansweredPerNetwork * share, isShare: true })
  /** What one network has of a set of numbers. Only the widest counts: a /48 is not many networks here. */
  const partOf = ({ name, allowance }: Watched, parts: number, networks: Networks): Watched =>
    ({ name: `${name} from ${networks.at(-1)!.name}`, allowance: Math.max(1, Math.floor(allowance / parts)), isShare: true })

  const askedKey = (number: string): string => keys('watch-asked', number)
  const passedKey = (networks: Networks): string => keys('passed-network', homeOf(networks))

  /** A set of numbers, and before it the part of it that the network has. */
  const inParts = (set: Watched, parts: number, networks: Networks): Watched[] => [partOf(set, parts, networks), set]
  const setsOf = (number: string, networks: Networks, isOurs: boolean): Watched[] =>
    [...inParts(millionOf(number), OF_MILLION, networks), isOurs ? countryOf(number) : ELSEWHERE]

  /** In the range itself a number counts once, in the part of a network always: it must not see who else has asked. */
  function takeRange (number: string, networks: Networks, isFirst: boolean) {
    const range = rangeOf(number)
    return [unanswered.take(partOf(range, OF_RANGE, networks)), isFirst ? unanswered.take(range) : unanswered.pass(range)]
  }

  /** What everybody has. */
  async function takeOpen (number: string, networks: Networks, ranges: ReturnType<typeof unanswered.take>[]): Promise<Taken | Refused> {
    const share = await takeAll(networks.map(shareOf).map(unanswered.take))
    if (typeof share === 'number') return { refusal: NETWORK_REFUSAL, wait: share }
    const isOurs = await tried.has(number)
    const ceilings = [...ceiling('everyone'), ...(!isOurs && await tried.hasAny() ? ceilingElsewhere('everyone') : [])]
    const shared = await takeAll([...ranges, ...setsOf(number, networks, isOurs).map(unanswered.take), ...ceilings])
    if (typeof shared === 'number') {
      await share.giveBack()
      return { refusal: REFUSAL, wait: shared }
    }
    const giveBack = async (): Promise<void> => { await Promise.all([share.giveBack(), shared.giveBack()]) }
    // What is nearly used up is left to networks that have used little of their share. Otherwise a dozen would close it.
    if (share.room + shared.room >= 1) return { left: Infinity, giveBack }
    await giveBack()
    return { refusal: NETWORK_REFUSAL, wait: ANSWER_SECONDS }
  }

  /**
   * The part of owners: whatever is closed, a network from which somebody passed a second factor lately may still ask.
   */
  async function takeKnown (networks: Networks): Promise<Taken | number> {
    if (await store.get(passedKey(networks)) === undefined) return DAY
    const slot = () => takeSlot(store, { key: keys('watch-passed', homeOf(networks)), limit: PER_KNOWN_NETWORK, seconds: DAY })
    return await takeAll([slot, ...ceilingKnown('everyone')])
  }

  return {
    /**
     * Takes what one message to a number costs that has not answered yet.
     *
     * A range is so small that one person who asks five times would close it: each number counts once there. Who has
     * asked for it before passes, but everybody else is refused as for any other number. Otherwise they see that it was.
     *
     * @throws AUTH_LIMIT_REACHED
     */
    async reserve (number: string, networks: Networks, account = number): Promise<Taken> {
      const [accountKey, countedKey] = [keys('watch-asked-by', account, number), keys('watch-counted', number)]
      const isAgain = await store.get(accountKey) !== undefined
      const isFirst = !isAgain && await store.take(countedKey, DAY) === 0
      let taken: Taken | Refused = await takeOpen(number, networks, isAgain ? [] : takeRange(number, networks, isFirst))
      if ('refusal' in taken) {
        if (isFirst) await store.delete(countedKey)
        const known = await takeKnown(networks)
        if (typeof known === 'number') throw refuse(taken.refusal, taken.wait)
        taken = known
      }
      const { giveBack } = taken
      await Promise.all([store.put(askedKey(number), 1, DAY), store.put(accountKey, 1, DAY)])
      const marks = [...(isFirst ? [countedKey] : []), ...(isAgain ? [] : [accountKey])]
      return { left: Infinity, giveBack: async () => { await Promise.all([giveBack(), ...marks.map((mark) => store.delete(mark))]) } }
    },

    /**
     * A message to a number has not arrived. As long as nobody has answered a code there, it counts once more in what its
     * network has for itself: whoever asks for numbers that do not exist has used that up sooner. In what everybody
     * shares it does not: a provider that loses messages must not close a country.
     */
    async undelivered (number: string, networks: Networks): Promise<void> {
      if (await store.get(askedKey(number)) === undefined) return
      if (await store.take(keys('watch-undelivered', number), DAY) > 0) return
      const parts = [partOf(rangeOf(number), OF_RANGE, networks), partOf(millionOf(number), OF_MILLION, networks)]
      await Promise.all([...networks.map(shareOf), ...parts].map(unanswered.undelivered))
    },

    /** A code has been answered, by whichever account. */
    async answered (number: string, networks: Networks): Promise<void> {
      await store.put(passedKey(networks), 1, KNOWN_SECONDS)
      if (await store.get(askedKey(number)) === undefined) return
      await store.delete(askedKey(number))
      // One phone in the attacker's hand, asked again and again, is one answer.
      if (await store.take(keys('watch-credited', number), DAY) > 0) return
      const sets = [...inParts(rangeOf(number), OF_RANGE, networks), ...setsOf(number, networks, await tried.has(number))]
      await Promise.all([...networks.map(shareOf), ...sets].map(unanswered.answered))
      await tried.answered(number)
    }
  }
}

export type NewNumbers = ReturnType<typeof createNewNumbers>
