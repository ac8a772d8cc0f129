import { byCountry } from '../phone/countries.js'
import { refuse } from './answers.js'
import { once, type Report } from './ceiling.js'
import type { Keys } from './keys.js'
import { REFUSAL } from './new-numbers.js'
import type { ResolvedSpend } from './spend-options.js'
import type { LimitStore } from './store.js'
import { takeCount, type Taken } from './windows.js'

const DAY = 86_400
/** Spending counts in halves of a day, each with the half before: no boundary lets twice the money pass. */
const PERIOD = DAY / 2
/** Messages a day to one number out of what is kept for owners. Whoever has one phone and many accounts gets no more. */
const KEPT_PER_NUMBER = 4
/** Counters are whole numbers, so prices count in ten-thousandths. */
const UNITS = 10_000

const TOO_MANY = 'Too many codes were sent.'

interface SpendOptions {
  store: LimitStore
  keys: Keys
  report: Report
  rules: ResolvedSpend
}

/**
 * Limits what text messages cost in a day. What is left at the end is kept for people whose number has answered a code:
 * strangers choose any number, and could otherwise keep everybody out who has an account.
 */
export function createSpend ({ store, keys, report, rules: { prices, perDay, currency, keptPercent } }: SpendOptions) {
  const most = perDay === undefined ? Infinity : Math.round(perDay * UNITS)
  const open = perDay === undefined ? Infinity : Math.floor(most * (100 - keptPercent) / 100)
  const own = new Map(Object.entries(prices).map(([country, price]) => [country.replace(/^\+/, ''), price]))
  const unitsOf = (number: string): number => Math.ceil(Number(((byCountry(own, number) ?? prices.default) * UNITS).toFixed(6)))
  const keyOf = (period: number): string => keys('watch-spend', String(period))
  const inWords = (spent: number): string => [(spent / UNITS).toFixed(2), 'of', (most / UNITS).toFixed(2), ...(currency === undefined ? [] : [currency])].join(' ')

  async function tellOnce (event: 'limit.near' | 'limit.reached', spent: number, then: string): Promise<void> {
    // Of another limit, it is said again.
    await once(store, `${keys('watch-spend-told')}:${event}:${most}`, PERIOD, () => { report(event, `text messages: ${inWords(spent)} in a day; ${then}`) })
  }

  async function takeOwners (number: string, spent: number): Promise<Taken | undefined> {
    if (spent > most) {
      await tellOnce('limit.reached', most, 'nobody gets one')
      return undefined
    }
    if (spent <= open) return { left: Infinity, giveBack: async () => {} }
    const slot = await takeCount(store, { key: keys('phone-spend-kept', number), limit: KEPT_PER_NUMBER, seconds: DAY })
    return typeof slot === 'number' ? undefined : slot
  }

  /** @throws AUTH_LIMIT_REACHED */
  async function take (number: string, owned: boolean): Promise<Pick<Taken, 'giveBack'>> {
    const [units, now] = [unitsOf(number), Date.now() / 1000]
    const period = Math.floor(now / PERIOD)
    const before = await store.count(keyOf(period - 1))
    const spent = before + (await store.add(keyOf(period), 2 * PERIOD, 2 * PERIOD, units)).count
    const giveBack = (): Promise<void> => store.takeBack(keyOf(period), units)
    if (spent > open) await tellOnce('limit.near', Math.min(spent, most), 'only numbers that have answered a code get one')
    const taken = owned ? await takeOwners(number, spent) : spent > open ? undefined : { giveBack: async () => {} }
    if (taken !== undefined) return { giveBack: async () => { await Promise.all([giveBack(), taken.giveBack()]) } }
    await giveBack()
    throw refuse(owned ? TOO_MANY : REFUSAL, Math.ceil((period + (before > 0 ? 1 : 2)) * PERIOD - now))
  }

  return {
    /**
     * Takes the price of one message.
     *
     * @param owned whether the account has proved that the number is its own
     * @throws AUTH_LIMIT_REACHED
     */
    take,

    /** Sends a message if it can be paid for. One that no provider has taken costs nothing. */
    async paying (number: string, owned: boolean, send: () => Promise<void>): Promise<void> {
      const taken = await take(number, owned)
      try {
        await send()
      } catch (err) {
        await taken.giveBack()
        throw err
      }
    },

    /** Money, in the currency of the prices: what messages have cost, and may cost in a day. */
    async state (): Promise<{ spent: number, perDay: number | undefined, currency: string | undefined }> {
      const period = Math.floor(Date.now() / 1000 / PERIOD)
      const counts = await Promise.all([period - 1, period].map((at) => store.count(keyOf(at))))
      return { spent: counts.reduce((sum, units) => sum + units, 0) / UNITS, perDay, currency }
    },

    /** A message was perhaps sent twice. */
    async add (number: string): Promise<void> {
      await store.add(keyOf(Math.floor(Date.now() / 1000 / PERIOD)), 2 * PERIOD, 2 * PERIOD, unitsOf(number))
    }
  }
}

export type Spend = ReturnType<typeof createSpend>
