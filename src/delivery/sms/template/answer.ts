import { memberOf } from '../../../members.js'
import type { Condition, Scalar } from './options.js'

/** Bytes. Answers are short; a longer one is cut, and is no success then. */
const LONGEST = 65_536

export interface Answer {
  status: number
  text: string
  /** Undefined if it is no JSON. */
  json: unknown
}

/** Parses JSON; undefined if it is none. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readText (response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let [text, length] = ['', 0]
  // Leaving the loop early releases the connection.
  for await (const chunk of response.body) {
    length += chunk.length
    text += decoder.decode(chunk, { stream: true })
    if (length > LONGEST) break
  }
  return text
}

export async function readAnswer (response: Response): Promise<Answer> {
  const text = await readText(response)
  return { status: response.status, text: text.trim(), json: parseJson(text) }
}

export const isPointer = (value: unknown): value is string => typeof value === 'string' && /^(?:\/(?:[^~/]|~[01])*)+$/.test(value)

/** What a JSON pointer names (RFC 6901); undefined if there is nothing. */
export function atPointer (json: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  return keys.reduce<unknown>((value, key) => typeof value === 'object' && value !== null && Object.prototype.propertyIsEnumerable.call(value, key) ? memberOf(value, key) : undefined, json)
}

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)

/** Whether a value of JSON is one of these, as text: a provider may change `0` to `"0"`. */
export function isOneOf (value: unknown, wanted: Scalar | readonly Scalar[]): boolean {
  return isScalar(value) && [wanted].flat().some((one) => String(one) === String(value))
}

export function fulfils ({ status, text, json }: Answer, condition: Condition): boolean {
  const { status: statuses, pointer, equals, text: texts } = condition
  if (statuses === undefined ? status < 200 || status > 299 : ![statuses].flat().includes(status)) return false
  if (texts !== undefined && ![texts].flat().includes(text)) return false
  if (pointer === undefined) return true
  const value = atPointer(json, pointer)
  return equals === undefined ? value !== undefined && value !== null : isOneOf(value, equals)
}
