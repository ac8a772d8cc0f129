import { isObject, type Json, type JsonObject } from '../input/json.js'

interface Types {
  string: string
  integer: number
  boolean: boolean
  object: JsonObject
  'array of string': string[]
  'array of object': JsonObject[]
}

const filled = (value: Json) => typeof value === 'string' && value.trim() !== '' && !value.includes('\0')
const IS: Record<keyof Types, (value: Json) => boolean> = {
  string: filled,
  integer: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  'array of string': (value) => Array.isArray(value) && value.every(filled),
  'array of object': (value) => Array.isArray(value) && value.every(isObject)
}

/**
 * Reads fields and collects every error instead of stopping at the first. Errors of type come before those of length or
 * of unknown values, as in the real Core.
 */
export function reader (source: JsonObject, where: string, errors: string[]) {
  const optional = <K extends keyof Types>(name: string, type: K, place = where): Types[K] | undefined => {
    if (!Object.hasOwn(source, name)) return undefined
    const value = source[name] as Json
    if (IS[type](value)) return value as Types[K]
    errors.push(`${name} should be of type ${type}${place}`)
    return undefined
  }
  const required = <K extends keyof Types>(name: string, type: K): Types[K] | undefined => {
    if (!Object.hasOwn(source, name)) errors.push(`${name} is required${where}`)
    return optional(name, type)
  }
  const atMost = (max: number, text: string | undefined, label: string, said = max) => {
    if (text !== undefined && text.length > max) errors.push(`${label} ${text} is too long. Max length is ${said}.`)
  }
  return { optional, required, atMost }
}
