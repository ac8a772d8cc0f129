/**
 * The text without blanks and control characters around it, as Java trims. `String.prototype.trim` would also take
 * blanks beyond ASCII, so that two addresses that are two users in the real Core would be one here.
 */
export function trim (text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}
