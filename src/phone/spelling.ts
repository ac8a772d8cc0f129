/** Longer input is not a number in any spelling. Bounds the work: some characters become 18 under NFKC. */
const LONGEST = 128

/** A decimal digit of any script as ASCII. Unicode keeps the ten digits of a script next to each other, zero first. */
export function asciiDigit (digit: string): string {
  const code = digit.codePointAt(0) as number
  const before = (steps: number): string => String.fromCodePoint(code - steps)
  let value = 0
  while (/\p{Nd}/u.test(before(value + 1))) value++
  return String(value % 10)
}

/**
 * Removes from a pasted number what people do not see or did not type: marks of writing direction that Windows and
 * Outlook put in front, full-width and other digits, no-break spaces, `tel:` of a link.
 *
 * @returns what is left, with international numbers starting with `+` if they were typed with `+`
 */
export function plainNumber (typed: string): string {
  if (typed.length > LONGEST) return ''
  return typed.normalize('NFKC')
    .replace(/[\p{Cf}\p{M}]/gu, '')
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/\s+/g, ' ').trim()
    .replace(/^(?:tel|sms|callto):(?:\/\/)?/i, '')
    .replaceAll('%20', ' ')
    // `(+49) 151…` is international, whatever the bracket.
    .replace(/^[\s([]+(?=\+|00)/, '')
}
