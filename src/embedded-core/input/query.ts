import { isText } from './json.js'
import { wholeIn } from './numbers.js'
import { badRequest } from './refusals.js'
import { trim } from './trim.js'

/** Reads the query of a GET request. If a name is repeated, the first value counts. */
export interface Query {
  string (name: string): string
  optional (name: string): string | undefined
  optionalInteger (name: string): number | undefined
  long (name: string): number
  /** Splits at commas and drops empty parts. */
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
  const number = (text: string, name: string, type: string, bits: 32 | 64): number => {
    const value = wholeIn(text, bits)
    if (value === undefined) throw badRequest(`Field name '${name}' must be ${type} in the GET request`)
    return value
  }
  return {
    string,
    optional,
    optionalInteger (name) {
      const value = optional(name)
      return value === undefined ? undefined : number(value, name, 'an int', 32)
    },
    long: (name) => number(string(name), name, 'a long', 64),
    list: (name) => (optional(name) ?? '').split(',').map((part) => trim(part)).filter((part) => part !== '')
  }
}
