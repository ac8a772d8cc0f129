export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

export function isObject (value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A string without a NUL character. SQLite's driver would cut the text off at the NUL (see storage/storage.ts), and no
 * identifier holds one.
 */
export function isText (value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
