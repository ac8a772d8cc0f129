export type Json = string | number | boolean | null | ExactNumber | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

const NEEDS_WRITE_JSON = new TypeError('Only writeJson writes exact numbers')

/**
 * A number that JavaScript would round, as it was written: the real Core keeps the digits of whatever it stores.
 * `JSON.stringify` throws, so that a place that forgets `writeJson` fails instead of storing another number.
 */
export class ExactNumber {
  constructor (readonly text: string) {}

  toJSON (): never { throw NEEDS_WRITE_JSON }
}

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

/**
 * A string without a NUL character. SQLite's driver would cut the text off at the NUL (see storage/storage.ts), and no
 * identifier holds one.
 */
export function isText (value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

/** `JSON.stringify`, with exact numbers. */
export function writeJson (value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error !== NEEDS_WRITE_JSON) throw error
    return writeExactly(value)
  }
}

function writeExactly (value: unknown): string {
  if (value instanceof ExactNumber) return value.text
  if (Array.isArray(value)) return `[${value.map((one) => writeExactly(one ?? null)).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${writeExactly(field)}`).join(',')}}`
}
