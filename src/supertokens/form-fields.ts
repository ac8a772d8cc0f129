/** The text in a field of one of SuperTokens' forms; empty if there is none. */
export function fieldOf (fields: readonly { id: string, value: unknown }[], id: string): string {
  const value = fields.find((field) => field.id === id)?.value
  return typeof value === 'string' ? value : ''
}
