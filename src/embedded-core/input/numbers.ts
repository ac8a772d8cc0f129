import { ExactNumber } from './json.js'

/** The number itself, if JavaScript would write it with the same value again. */
export function numberOf (text: string): number | ExactNumber {
  const number = Number(text)
  // 15 digits always survive.
  if (text.length < 16 && !/e/i.test(text)) return number
  const [one, other] = [decimalOf(String(number)), decimalOf(text)]
  return one.digits === other.digits && one.exponent === other.exponent ? number : new ExactNumber(text)
}

interface Decimal { negative: boolean, digits: string, exponent: number }

/** A number as `0.<digits>` times ten to the exponent. The digits neither begin nor end with a zero. */
function decimalOf (text: string): Decimal {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const point = digits === '' ? 0 : Number(exponent) + digits.length - fraction.length
  return { negative: sign === '-', digits: digits.replace(/0+$/, ''), exponent: point }
}

/** The real Core gives up on numbers with more places than this. */
const MAX_PLACES = 10_000

/**
 * The whole part of a number as the real Core's library gives it, which cuts what does not fit into an int or a long.
 * Undefined if it gives up.
 */
export function wholeOf (given: number | ExactNumber, bits: 32 | 64): number | undefined {
  const { negative, digits, exponent } = decimalOf(given instanceof ExactNumber ? given.text : String(given))
  if (Math.abs(exponent - digits.length) >= MAX_PLACES) return undefined
  const whole = BigInt(digits.slice(0, Math.max(exponent, 0)).padEnd(exponent, '0') || '0')
  return Number(BigInt.asIntN(bits, negative ? -whole : whole))
}

/** A whole number in a text, as in a query. Undefined if it is none, or does not fit: texts are not cut. */
export function wholeIn (text: string, bits: 32 | 64): number | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined
  const number = BigInt(text.replace('+', ''))
  return BigInt.asIntN(bits, number) === number ? Number(number) : undefined
}
