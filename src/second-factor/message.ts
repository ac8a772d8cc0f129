/** The text of a second-factor SMS: one segment, and the name first so that nobody types it into another site. */
export function codeMessage (appName: string, code: string, lifetimeMs: number): string {
  const minutes = Math.max(1, Math.floor(lifetimeMs / 60_000))
  return `${appName}: ${code} is your code. It works for ${minutes} min. Never share it.`
}
