/** Enough of a receiver to find it again in a log, never the whole of it. */
export function maskReceiver (to: string): string {
  const at = to.lastIndexOf('@')
  return at > 0 ? `${to.charAt(0)}***${to.slice(at)}` : `***${to.slice(-3)}`
}
