import { BodyInvalid } from '../../src/errors.js'
import { memberOf } from '../../src/members.js'

/** What a service asks about a token. */
export interface Question {
  token: string
  needsSecondFactor: boolean
}

/** A field of a form; undefined if it is missing. */
function fieldOf (body: unknown, name: string): string | undefined {
  const value = memberOf(body, name)
  if (value === undefined || typeof value === 'string') return value
  throw new BodyInvalid(`Send ${name} once`)
}

/**
 * Reads a request of RFC 7662, section 2.1. `second_factor=optional` asks about sessions as well that have passed the first
 * factor only. A word that means nothing is refused, rather than taken for either.
 */
export function readQuestion (body: unknown): Question {
  const [token, secondFactor = 'required'] = [fieldOf(body, 'token'), fieldOf(body, 'second_factor')]
  fieldOf(body, 'token_type_hint')
  if (token === undefined || token === '') throw new BodyInvalid('Send a form with the field token')
  if (secondFactor !== 'required' && secondFactor !== 'optional') throw new BodyInvalid('second_factor must be required or optional')
  return { token, needsSecondFactor: secondFactor === 'required' }
}
