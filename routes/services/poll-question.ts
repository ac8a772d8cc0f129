import { BodyInvalid } from '../../src/errors.js'
import { memberOf } from '../../src/members.js'
import { MOST_EVENTS, type Poll } from '../../src/revocations/poll.js'

/** Of a token. Ours have 22 characters. */
const LONGEST_JTI = 256

/** Reads a request of RFC 8936, section 2.2. */
export function readPoll (body: unknown): Poll {
  const [maxEvents = MOST_EVENTS, returnImmediately = false, ack = [], setErrs = {}] = ['maxEvents', 'returnImmediately', 'ack', 'setErrs'].map((name) => memberOf(body, name))
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new BodyInvalid('Send a JSON object')
  if (typeof maxEvents !== 'number' || !Number.isInteger(maxEvents) || maxEvents < 0) throw new BodyInvalid('maxEvents must be a whole number')
  if (typeof returnImmediately !== 'boolean') throw new BodyInvalid('returnImmediately must be true or false')
  if (typeof setErrs !== 'object' || setErrs === null || Array.isArray(setErrs)) throw new BodyInvalid('setErrs must be an object')
  const isName = (one: unknown): one is string => typeof one === 'string' && one.length <= LONGEST_JTI
  if (!Array.isArray(ack) || !ack.every(isName)) throw new BodyInvalid('ack must be a list of jti')
  return { maxEvents, returnImmediately, done: [...ack, ...Object.keys(setErrs)] }
}
