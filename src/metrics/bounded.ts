/** Stands for every value beyond the ceiling. */
export const OTHER = 'other'

/**
 * Lets through values of a label: those that are always there, and of others as many as come first. Whoever makes up values
 * cannot make more series than that.
 */
export function createBounded (most: number, always: readonly string[] = []) {
  const known = new Set(always)
  const ceiling = known.size + most
  return function bounded (value: string): string {
    if (known.has(value)) return value
    if (known.size >= ceiling) return OTHER
    known.add(value)
    return value
  }
}

/** A function to one of these values, or to `other`. */
export function oneOf (values: Iterable<string>): (value: string | undefined) => string {
  const known = new Set(values)
  return (value) => value !== undefined && known.has(value) ? value : OTHER
}
