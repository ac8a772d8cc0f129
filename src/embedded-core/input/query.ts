import { isText } from './json.js'
import { badRequest } from './refusals.js'

const MAX_INT = 2 ** 31 - 1

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
