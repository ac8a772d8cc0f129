import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { foldPassword } from './normal-password.js'

/** Shorter ones are in too many passwords by chance. */
const SHORTEST = 3

const longestFirst = (one: string, other: string): number => other.length - one.length

/**
 * The words of a text that somebody who attacks its owner thinks of first: `alice.smith@example.com` has `alice`, `smith`,
 * `example` and `com`, `alice87` has `alice`. A phone number is a word, with its country code and without.
 */
export function wordsOf (text: string): string[] {
  const national = parsePhoneNumberFromString(text)?.nationalNumber ?? ''
  const words = foldPassword(text).split(/[^\p{L}\p{N}]+/u)
  // `alice87` is `alice` to whoever guesses: the digits of a password do not count either.
  const names = words.map((word) => word.replace(/^\p{N}+|\p{N}+$/gu, ''))
  return [...new Set([...words, ...names, national])].filter((word) => [...word].length >= SHORTEST)
}

/**
 * Whether a password is made of such words alone: with capital letters or not, several of them, and with digits and signs
 * around and between them (NIST SP 800-63B 3.1.1.2, ASVS 6.2.11). One that has other letters as well is not.
 */
export function isMadeOf (password: string, words: readonly string[]): boolean {
  const letters = foldPassword(password).replace(/[^\p{L}\p{N}]/gu, '')
  const rest = words.toSorted(longestFirst).reduce((text, word) => text.replaceAll(word, ' '), letters)
  return rest !== letters && /^[\p{N} ]*$/u.test(rest)
}
