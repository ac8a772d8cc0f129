/** Bodies of the Frontend Driver Interface are not deeper. What is deeper belongs to a host's form fields or a provider. */
const DEEPEST = 4

/**
 * Removes members that are `null`, which stock frontends send for what they do not have. So `null` is absent for every
 * check that follows, and never becomes the text "null". Items of lists stay, for the schemas to refuse.
 */
export function dropNulls (value: unknown, depth = DEEPEST): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value
  for (const [key, member] of Object.entries(value)) {
    if (member === null && !Array.isArray(value)) Reflect.deleteProperty(value, key)
    else dropNulls(member, depth - 1)
  }
  return value
}
