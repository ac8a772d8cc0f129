import type { UserContext } from 'supertokens-node/types'
import { isCommonPassword } from './blocklist.js'
import { normalPassword } from './normal-password.js'
import { isMadeOf, wordsOf } from './own-words.js'

interface PasswordPolicyOptions {
  appName: string
  /** Characters, that is Unicode code points. */
  minLength: number
  /** Absent where nobody is asked. */
  isLeaked: ((password: string) => Promise<boolean>) | undefined
}

const OWN_WORDS = 'This password is easy to guess, since it is made of your address, your number or the name of this service. Please choose another one.'

/** What a new password has to be. Each function says why one may not be chosen, undefined if it may. */
export interface PasswordPolicy {
  /** Whoever it belongs to, and without asking anybody. */
  problem (password: string): Promise<string | undefined>
  /** For a person with these addresses and numbers. A request asks others once, however many of its steps check the password. */
  problemFor (password: string, logins: readonly string[], userContext: UserContext): Promise<string | undefined>
}

/**
 * The policy of NIST SP 800-63B 3.1.1.2 and ASVS 6.2: a length, and lists of what is guessed first. No rules of which
 * characters there must be: they make passwords that people cannot remember, and programs guess nonetheless.
 *
 * It is asked when a password is chosen, never when somebody signs in: passwords from before keep working.
 */
export function createPasswordPolicy ({ appName, minLength, isLeaked = async () => false }: PasswordPolicyOptions): PasswordPolicy {
  const words = wordsOf(appName)
  const asked = new WeakMap<UserContext, { password: string, leaked: Promise<boolean> }>()

  async function problem (password: string): Promise<string | undefined> {
    // Counted as it is stored, so that nobody gets past the rule with two code points for one letter.
    if ([...normalPassword(password)].length < minLength) return `Please choose a password of at least ${minLength} characters.`
    if (isMadeOf(password, words)) return OWN_WORDS
    return await isCommonPassword(password) ? 'Many people have this password, so it is guessed first. Please choose another one.' : undefined
  }

  async function isKnownToLeak (password: string, userContext: UserContext): Promise<boolean> {
    const known = asked.get(userContext)
    if (known?.password === password) return await known.leaked
    const leaked = isLeaked(password)
    asked.set(userContext, { password, leaked })
    return await leaked
  }

  return {
    problem,
    async problemFor (password, logins, userContext) {
      const found = await problem(password)
      if (found !== undefined) return found
      if (isMadeOf(password, [...words, ...logins.flatMap(wordsOf)])) return OWN_WORDS
      return await isKnownToLeak(password, userContext) ? 'This password has leaked from another service, so it is guessed first. Please choose another one.' : undefined
    }
  }
}
