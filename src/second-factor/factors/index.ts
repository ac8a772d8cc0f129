import { OptionsInvalid } from '../../errors.js'
import type { Factor } from '../factor.js'
import { isFirstFactor, mfaIdOf } from '../passed.js'
import type { FindState } from '../state.js'
import type { EmailFactorOptions } from './email/options.js'
import type { PasskeyFactorOptions } from './passkey/options.js'
import type { RecoveryCodeOptions } from './recovery-codes/options.js'
import type { SmsFactorOptions } from './sms/options.js'
import type { TotpFactorOptions } from './totp/options.js'

/**
 * Every second factor of the product. A new one is a folder beside this file, and a line here. Loaded at start, so that those
 * that a configuration does not use cost no start-up time.
 */
const FACTORS = {
  sms: async () => (await import('./sms/factor.js')).createSmsFactor,
  email: async () => (await import('./email/factor.js')).createEmailFactor,
  passkey: async () => (await import('./passkey/factor.js')).createPasskeyFactor,
  totp: async () => (await import('./totp/factor.js')).createTotpFactor
}

export type FactorName = keyof typeof FACTORS
export const FACTOR_NAMES = Object.keys(FACTORS) as FactorName[]

export type FactorOptions = SmsFactorOptions & EmailFactorOptions & PasskeyFactorOptions & TotpFactorOptions & RecoveryCodeOptions & {
  /** By name, or a factor of the app's own. */
  secondFactors: readonly (FactorName | Factor)[]
  recoveryCodes: boolean
}

/** No challenge can be answered for longer (NIST SP 800-63B 3.1.3.2). */
const LONGEST_LIFETIME = 600
const FUNCTIONS = ['state', 'challenge', 'challengeOf', 'check', 'recordOf'] as const

function isName (value: unknown): boolean {
  return typeof value === 'string' && /^[\w:-]+$/.test(value)
}

/** What is missing from, or wrong with, a factor of the app's own. Half a factor would be a hole, so it stops the boot. */
function problemOf (factor: Factor): string | undefined {
  if (typeof factor !== 'object' || factor === null || !isName(factor.id)) return 'a factor needs an id'
  const { id, mfaId, record, strength, challengeLifetime, endpoints } = factor
  if ((mfaId !== undefined && !isName(mfaId)) || isFirstFactor(mfaIdOf(factor))) return `${id} needs a name that is no first factor's`
  if (!isName(record) || record.startsWith('fastify-2fa:')) return `${id} needs a record, a key of its own in the user's metadata`
  if (!Number.isFinite(strength)) return `${id} needs a strength`
  if (!(challengeLifetime > 0 && challengeLifetime <= LONGEST_LIFETIME)) return `${id} needs a challengeLifetime of 1 to ${LONGEST_LIFETIME} seconds`
  if (!Array.isArray(endpoints)) return `${id} needs endpoints`
  const missing = FUNCTIONS.find((name) => typeof factor[name] !== 'function')
  return missing && `${id} needs the function ${missing}`
}

/**
 * The factors that run, in the order of the option, recovery codes last.
 *
 * @param pinOf finds the state of a factor whose addresses phone-pinning pins
 * @throws AUTH_OPTIONS_INVALID
 */
export async function createFactors (options: FactorOptions, pinOf: (id: string) => FindState): Promise<Factor[]> {
  const factors: Factor[] = await Promise.all(options.secondFactors.map(async (one) => {
    if (typeof one !== 'string') return one
    if (!Object.hasOwn(FACTORS, one)) throw new OptionsInvalid(`secondFactors: there is no factor "${String(one)}", only ${Object.keys(FACTORS).join(', ')}`)
    return (await FACTORS[one]())(options, pinOf(one))
  }))
  if (options.recoveryCodes) factors.push((await import('./recovery-codes/factor.js')).createRecoveryCodes(options))
  const problems = options.secondFactors.filter((one) => typeof one !== 'string').map(problemOf).filter((problem) => problem !== undefined)
  // One that has passed would count as another where they have the same name in the token.
  const names = { id: (one: Factor) => one.id, record: (one: Factor) => one.record, mfaId: mfaIdOf }
  for (const [key, nameOf] of Object.entries(names)) {
    const distinct = new Set(factors.map((factor) => typeof factor === 'object' && factor !== null ? nameOf(factor) : undefined))
    if (distinct.size < factors.length) problems.push(`two factors have the same ${key}`)
  }
  if (problems.length > 0) throw new OptionsInvalid(problems.map((problem) => `secondFactors: ${problem}`).join('; '))
  return factors
}
