/**
 * Canonical JSON (RFC 8785), so that a hash does not depend on how a line was written: members in the order of their
 * names, no spaces. Numbers and strings are as `JSON.stringify` writes them, which is what the RFC refers to.
 */
export function canonical (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([one], [other]) => one < other ? -1 : 1)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}
