/** Reads what may be anything: providers' answers, thrown errors. */
export function memberOf (value: unknown, key: string | undefined): unknown {
  return typeof value === 'object' && value !== null && key !== undefined ? Reflect.get(value, key) : undefined
}

export function textOf (value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' && member !== '' ? member : undefined
}
