import { asciiDigit } from '../../phone/spelling.js'

/** What is remembered of a code's form. Absent if it is no number: an app may make its own codes. */
type Shape = Record<string, string>

export function shapeOf (code: string | undefined): Shape {
  return code !== undefined && /^\d+$/.test(code) ? { digits: String(code.length) } : {}
}

/**
 * Reads a code as people type and paste it: in groups, in the digits of their script, with marks that they do not see, or
 * inside the message that brought it. Counting these as wrong would make honest people wait.
 *
 * @returns the code, or a message if the text holds none
 */
export function readCode (typed: string, { digits }: Shape = {}): string | { message: string } {
  if (digits === undefined) return typed
  const text = typed.normalize('NFKC').replace(/[\p{Cf}\p{M}]/gu, '').replace(/\p{Nd}/gu, asciiDigit)
  const plain = text.replace(/[\s\p{Cc}\p{P}\p{S}]/gu, '')
  const length = Number(digits)
  if (/^\d+$/.test(plain) && plain.length === length) return plain
  // Scripts without spaces put words right beside the code.
  const found = text.match(new RegExp(`(?<![\\p{sc=Latin}\\p{N}])\\d(?:[\\s\\p{Pd}]?\\d){${length - 1}}(?![\\p{sc=Latin}\\p{N}])`, 'gu')) ?? []
  const codes = new Set(found.map((one) => one.replace(/\D/g, '')))
  const [code] = codes
  return code !== undefined && codes.size === 1 ? code : { message: `Please enter the ${digits} digits of the code.` }
}
