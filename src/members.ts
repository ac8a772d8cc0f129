/** Reads a member of a value of unknown shape, such as a provider's answer or a thrown error. */
export function memberOf (value: unknown, key: string | undefined): unknown {
  return typeof value === 'object' && value !== null && key !== undefined ? Reflect.get(value, key) : undefined
}

/** Reads a member that must be a non-empty string; undefined otherwise. */
export function textOf (value: unknown, key: string): string | undefined {
  const member = memberOf(value, key)
  return typeof member === 'string' && member !== '' ? member : undefined
}

/** Fields that are known, so that nothing is shown as undefined. */
export function known<Fields extends object> (fields: { [Key in keyof Fields]: Fields[Key] | undefined }): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields
}
