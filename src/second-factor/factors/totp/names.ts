export const LONGEST_NAME = 64

/** JSON Schema of a new device's name: something to see, and no control characters. */
export const newName = { type: 'string', maxLength: LONGEST_NAME, pattern: '^\\P{Cc}*[^\\p{Cc}\\s]\\P{Cc}*$' }

/** Two names that look alike are one. */
export const plainName = (name: string): string => name.normalize('NFC').trim()

/** The first free name of those that SuperTokens gives. */
export function freeName (taken: readonly string[]): string {
  let number = taken.length + 1
  while (taken.includes(`TOTP Device ${number}`)) number++
  return `TOTP Device ${number}`
}
