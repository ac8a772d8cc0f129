/** Reads a member of a value of unknown shape, such as a provider's answer or a thrown error. */
export function memberOf (value: unknown, key: string | undefined): unknown {
  return typeof value === 'object' && value !== null && key !== undefined ? Reflect.get(value, key) : undefined
}

/** Reads a member that must be a non-empty string; undefined otherwise. */
export function textOf (value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' && member !== '' ? member : undefined
}
