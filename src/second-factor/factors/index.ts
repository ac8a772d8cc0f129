import { OptionsInvalid } from '../../errors.js'
import type { Factor, FindState } from '../factor.js'
import { createSmsFactor } from './sms/factor.js'
import type { SmsFactorOptions } from './sms/options.js'

/** Every second factor of the product. A new one is a folder beside this file, and a line here. */
const FACTORS = {
  sms: createSmsFactor
}

export type FactorName = keyof typeof FACTORS

export type FactorOptions = SmsFactorOptions & {
  /** By name, or a factor of the app's own. */
  secondFactors: readonly (FactorName | Factor)[]
}

/**
 * The factors that run, in the order of the option.
 *
 * @param pinOf finds the state of a factor whose addresses phone-pinning pins
 * @throws AUTH_OPTIONS_INVALID
 */
export function createFactors (options: FactorOptions, pinOf: (id: string) => FindState): Factor[] {
  const factors = options.secondFactors.map((one) => {
    if (typeof one === 'object') return one
    if (!Object.hasOwn(FACTORS, one)) throw new OptionsInvalid(`secondFactors: there is no factor "${String(one)}"; there are ${Object.keys(FACTORS).join(', ')}`)
    return FACTORS[one](options, pinOf(one))
  })
  for (const key of ['id', 'record'] as const) {
    if (new Set(factors.map((factor) => factor[key])).size < factors.length) throw new OptionsInvalid(`secondFactors: two factors have the same ${key}`)
  }
  return factors
}
