import { badRequest } from './refusals.js'

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

/** Reads the fields of a body as the real Core does, with its texts. A field that is null is not a field left out. */
export interface Body {
  has (name: string): boolean
  isNull (name: string): boolean
  string (name: string): string
  optionalString (name: string): string | undefined
  boolean (name: string): boolean
  optionalBoolean (name: string): boolean | undefined
  integer (name: string): number
  object (name: string): JsonObject
  optionalObject (name: string): JsonObject | undefined
  array (name: string): Json[]
  optionalArray (name: string): Json[] | undefined
  /** An array of strings, blamed on the array as a whole. */
  optionalStrings (name: string): string[] | undefined
  raw: JsonObject
}

const invalid = (name: string) => badRequest(`Field name '${name}' is invalid in JSON input`)

/** An array of one element stands for that element, as in the real Core's JSON library. */
function single (value: Json | undefined): Json | undefined {
  return Array.isArray(value) && value.length === 1 ? single(value[0]) : value
}

// No identifier holds a NUL, and SQLite's driver would cut the text off there (see storage.ts).
function isText (value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function readBody (text: string): Body {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // Told apart by the check below: nothing that fails to parse is an object.
  }
  if (!isObject(parsed)) throw badRequest('Invalid Json Input')
  return bodyOf(parsed)
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
    if (typeof found !== 'boolean' && typeof found !== 'number') throw invalid(name)
    return found === true
  }
  const integer = (name: string): number => {
    const found = single(value(name))
    const number = typeof found === 'string' && /^[+-]?\d+$/.test(found) ? Number(found) : found
    if (typeof number !== 'number' || !Number.isSafeInteger(Math.trunc(number))) throw invalid(name)
    return Math.trunc(number)
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
  const strings = (name: string): string[] => array(name).map((element) => {
    const found = single(element)
    if (!isText(found)) throw invalid(name)
    return found
  })

  return {
    raw,
    has,
    isNull: (name) => value(name) === null,
    string,
    optionalString: optional(string),
    boolean,
    optionalBoolean: optional(boolean),
    integer,
    object,
    optionalObject: optional(object),
    array,
    optionalArray: optional(array),
    optionalStrings: optional(strings)
  }
}

const MAX_INT = 2 ** 31 - 1

/** Reads the query of a GET request; of several values of one name the first counts. */
export interface Query {
  string (name: string): string
  optional (name: string): string | undefined
  optionalInteger (name: string): number | undefined
  long (name: string): number
  /** Comma-separated, empty parts dropped. */
  list (name: string): string[]
}

export function readQuery (query: Record<string, string | string[]>): Query {
  const optional = (name: string): string | undefined => {
    const value = Object.hasOwn(query, name) ? [query[name]].flat()[0] : undefined
    if (value !== undefined && !isText(value)) throw badRequest(`Field name '${name}' is invalid in GET request`)
    return value
  }
  const string = (name: string): string => {
    const value = optional(name)
    if (value === undefined) throw badRequest(`Field name '${name}' is missing in GET request`)
    return value
  }
  const number = (text: string, name: string, type: string, max: number): number => {
    const value = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : NaN
    if (!(Math.abs(value) <= max)) throw badRequest(`Field name '${name}' must be ${type} in the GET request`)
    return value
  }
  return {
    string,
    optional,
    optionalInteger (name) {
      const value = optional(name)
      return value === undefined ? undefined : number(value, name, 'an int', MAX_INT)
    },
    long: (name) => number(string(name), name, 'a long', Infinity),
    list: (name) => (optional(name) ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '')
  }
}

const MAX_IDS = 500

/** The users that a bulk look-up asks for. */
export function readUserIds (body: Body): string[] {
  const ids = body.array('userIds')
  if (ids.length > MAX_IDS) throw badRequest(`You can only query up to ${MAX_IDS} users at a time.`)
  if (!ids.every(isText)) throw badRequest('userIds array must contain only strings')
  return ids
}

/** Trimmed, and refused when nothing is left. */
export function notEmpty (text: string, name: string): string {
  const trimmed = text.trim()
  if (trimmed === '') throw badRequest(`Field name '${name}' cannot be an empty String`)
  return trimmed
}
