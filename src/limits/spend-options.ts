import { isCountry } from '../phone/countries.js'

/** What text messages cost, and how much in a day. */
export interface SpendLimits {
  /**
   * Prices of a message: `default`, and those of countries by ISO code (`US`) or calling code (`49`). Where several
   * providers send, the highest.
   */
  prices: Readonly<Record<string, number>>
  /** Money in a day, in the same currency. @default none: what is spent is counted for metrics only */
  perDay?: number
  /** Percentage of it that is kept for owners: people whose number has answered a code. @default 20 */
  keptPercent?: number
  /** For logs and audit events, such as `EUR`. @default none */
  currency?: string
}

/** {@link SpendLimits} with every default filled in. */
export interface ResolvedSpend {
  prices: Readonly<Record<string, number>> & { default: number }
  perDay: number | undefined
  keptPercent: number
  currency: string | undefined
}

/** Above this, a counter in ten-thousandths would not be exact. */
const MOST = 400_000

const isPrice = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1000
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is wrong with prices; undefined if nothing is. */
export function pricesProblem (prices: unknown): string | undefined {
  if (!isObject(prices) || !isPrice(prices.default)) return 'must have a default, which is the price of a message to any other country'
  const wrong = Object.entries(prices).find(([country, price]) => !isPrice(price) || (country !== 'default' && !isCountry(country)))
  return wrong === undefined ? undefined : 'must be numbers from 0 to 1000, by countries such as US, or calling codes such as 49'
}

/** Why a limit of a day cannot work; undefined if it can. */
export function perDayProblem (perDay: number, prices: Readonly<Record<string, number>>, keptPercent = 20): string | undefined {
  const highest = Math.max(...Object.values(prices))
  // Nobody could ever enrol from there.
  return perDay * (100 - keptPercent) / 100 >= highest ? undefined : `must pay for at least one message to each country beside the ${keptPercent} % that are kept for owners: ${(highest * 100 / (100 - keptPercent)).toFixed(2)} or more`
}

/** Returns every problem with `limits.spend`, one sentence each. */
export function spendProblems (spend: SpendLimits | undefined): string[] {
  if (spend === undefined) return []
  if (!isObject(spend)) return ['limits.spend must be an object']
  const unknown = Object.keys(spend).find((name) => !['prices', 'perDay', 'keptPercent', 'currency'].includes(name))
  if (unknown !== undefined) return [`limits.spend.${unknown} is not an option`]
  const { prices, perDay, keptPercent, currency } = spend as SpendLimits
  const wrongPrices = pricesProblem(prices)
  const found = [
    wrongPrices === undefined ? undefined : `limits.spend.prices ${wrongPrices}`,
    perDay === undefined || (typeof perDay === 'number' && perDay > 0 && perDay <= MOST) ? undefined : `limits.spend.perDay must be a number above 0, up to ${MOST}`,
    keptPercent === undefined || (Number.isInteger(keptPercent) && keptPercent >= 1 && keptPercent <= 90) ? undefined : 'limits.spend.keptPercent must be a whole number from 1 to 90',
    currency === undefined || (typeof currency === 'string' && /^[\p{L}\p{Sc}]{1,8}$/u.test(currency)) ? undefined : 'limits.spend.currency must be a name such as EUR'
  ].filter((problem) => problem !== undefined)
  if (found.length > 0 || perDay === undefined) return found
  const tooLittle = perDayProblem(perDay, prices, keptPercent)
  return tooLittle === undefined ? [] : [`limits.spend.perDay ${tooLittle}`]
}

/** Fills in the defaults. Call {@link spendProblems} first. */
export function resolveSpend (spend: SpendLimits | undefined): ResolvedSpend | undefined {
  if (spend === undefined) return undefined
  const { prices, perDay, keptPercent = 20, currency } = spend
  return { prices: prices as ResolvedSpend['prices'], perDay, keptPercent, currency }
}
