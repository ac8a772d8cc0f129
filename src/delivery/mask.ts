/** Shows enough of a receiver to recognise it in a log, never all of it. */
export function maskReceiver (to: string): string {
  const at = to.lastIndexOf('@')
  return at > 0 ? `${to.charAt(0)}***${to.slice(at)}` : `***${to.slice(-3)}`
}
