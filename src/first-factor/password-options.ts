import { isLoopback } from '../loopback.js'
import { isDuration, toSeconds } from '../options/duration.js'
import type { Fastify2faOptions } from '../options/options.js'
import type { LeakedPasswords } from './leaked-passwords.js'

type PasswordOptions = Pick<Fastify2faOptions, 'passwordMinLength' | 'leakedPasswords' | 'secondFactorEnforcement' | 'secondFactorRequired'>

/** With every default filled in. */
export interface ResolvedPasswords {
  passwordMinLength: number
  leakedPasswords: LeakedPasswords | undefined
}

export const SHORTEST_MINIMUM = 8
export const LONGEST_MINIMUM = 64

/**
 * NIST SP 800-63B 3.1.1.2 asks for fifteen characters where the password is the only factor, and for eight otherwise.
 * Which one a single account has changes with what it enrols, so the weakest decides.
 */
function shortestPassword ({ secondFactorEnforcement = 'global', secondFactorRequired = 'everyone' }: PasswordOptions): number {
  return secondFactorEnforcement === 'global' && secondFactorRequired === 'everyone' ? SHORTEST_MINIMUM : 15
}

export function resolvePasswords (options: PasswordOptions): ResolvedPasswords {
  const { passwordMinLength = shortestPassword(options), leakedPasswords } = options
  return {
    passwordMinLength,
    leakedPasswords: leakedPasswords && { url: leakedPasswords.url, timeout: toSeconds(leakedPasswords.timeout ?? '2s') }
  }
}

/** Over http, a reader of the network would learn the beginning of the hash of everybody's password. */
export function isRangeUrl (value: unknown): boolean {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

/** What is wrong with the options of passwords. */
export function passwordProblems ({ passwordMinLength: least, leakedPasswords }: PasswordOptions): string[] {
  const problems: string[] = []
  if (least !== undefined && !(Number.isInteger(least) && least >= SHORTEST_MINIMUM && least <= LONGEST_MINIMUM)) problems.push(`passwordMinLength must be ${SHORTEST_MINIMUM} to ${LONGEST_MINIMUM} characters`)
  if (leakedPasswords === undefined) return problems
  if (typeof leakedPasswords !== 'object' || leakedPasswords === null || !isRangeUrl(leakedPasswords.url)) problems.push('leakedPasswords.url must be an https URL without credentials, query and fragment, such as https://api.pwnedpasswords.com/range')
  else if (leakedPasswords.timeout !== undefined && !isDuration(leakedPasswords.timeout)) problems.push('leakedPasswords.timeout must be seconds, or a number with a unit such as 2s')
  return problems
}
