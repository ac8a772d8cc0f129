import { ExactNumber, isObject, isText, type Json, type JsonObject } from './json.js'
import { wholeIn, wholeOf } from './numbers.js'
import { parseJson } from './parse-json.js'
import { badRequest } from './refusals.js'
import { trim } from './trim.js'

/**
 * Reads the fields of a JSON object as the real Core does, with the real Core's error texts.
 * A field that is null counts as present.
 */
export interface Body {
  has (name: string): boolean
  isNull (name: string): boolean
  string (name: string): string
  optionalString (name: string): string | undefined
  boolean (name: string): boolean
  optionalBoolean (name: string): boolean | undefined
  /** 32 bits wide. */
  int (name: string): number
  /** 64 bits wide. */
  long (name: string): number
  object (name: string): JsonObject
  optionalObject (name: string): JsonObject | undefined
  array (name: string): Json[]
  optionalArray (name: string): Json[] | undefined
  /** An array of strings. The error names the array, not the element. Each is checked before the next is read. */
  optionalStrings (name: string, check?: (text: string) => string): string[] | undefined
  raw: JsonObject
}

const invalid = (name: string) => badRequest(`Field name '${name}' is invalid in JSON input`)

function isNumber (value: Json | undefined): value is number | ExactNumber {
  return typeof value === 'number' || value instanceof ExactNumber
}

/** Unwraps an array of one element, as the real Core's JSON library does. */
function single (value: Json | undefined): Json | undefined {
  return Array.isArray(value) && value.length === 1 ? single(value[0]) : value
}

export function readBody (text: string): Body {
  const parsed = jsonIn(text)
  if (!isObject(parsed)) throw badRequest('Invalid Json Input')
  return bodyOf(parsed)
}

function jsonIn (text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

export function bodyOf (raw: JsonObject): Body {
  const has = (name: string) => Object.hasOwn(raw, name)
  const value = (name: string) => has(name) ? raw[name] : undefined
  const optional = <T>(read: (name: string) => T) => (name: string) => has(name) ? read(name) : undefined

  const string = (name: string): string => {
    const found = single(value(name))
    if (!isText(found)) throw invalid(name)
    return found
  }
  const boolean = (name: string): boolean => {
    const found = single(value(name))
    if (typeof found !== 'boolean' && !isNumber(found)) throw invalid(name)
    return found === true
  }
  const whole = (bits: 32 | 64) => (name: string): number => {
    const found = single(value(name))
    const number = isNumber(found) ? wholeOf(found, bits) : typeof found === 'string' ? wholeIn(found, bits) : undefined
    if (number === undefined) throw invalid(name)
    return number
  }
  const object = (name: string): JsonObject => {
    const found = value(name)
    if (!isObject(found)) throw invalid(name)
    return found
  }
  const array = (name: string): Json[] => {
    const found = value(name)
    if (!Array.isArray(found)) throw invalid(name)
    return found
  }
  const strings = (name: string, check = (text: string) => text): string[] => array(name).map((element) => {
    const found = single(element)
    if (!isText(found)) throw invalid(name)
    return check(found)
  })

  return {
    raw,
    has,
    isNull: (name) => value(name) === null,
    string,
    optionalString: optional(string),
    boolean,
    optionalBoolean: optional(boolean),
    int: whole(32),
    long: whole(64),
    object,
    optionalObject: optional(object),
    array,
    optionalArray: optional(array),
    optionalStrings: (name, check) => has(name) ? strings(name, check) : undefined
  }
}

const MAX_IDS = 500

/** The `userIds` of a bulk look-up: 500 at most. */
export function readUserIds (body: Body): string[] {
  const ids = body.array('userIds')
  if (ids.length > MAX_IDS) throw badRequest(`You can only query up to ${MAX_IDS} users at a time.`)
  if (!ids.every(isText)) throw badRequest('userIds array must contain only strings')
  return ids
}

/** The trimmed text. @throws a 400 refusal if it is empty */
export function notEmpty (text: string, name: string): string {
  const trimmed = trim(text)
  if (trimmed === '') throw badRequest(`Field name '${name}' cannot be an empty String`)
  return trimmed
}
