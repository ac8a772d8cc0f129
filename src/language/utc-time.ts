/** By the language of a catalogue. Never by what a client names: each is kept. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** A time in UTC, without the zone's name. @param at milliseconds since 1970 */
export function utcTime (at: number, language: string): string {
  const format = formats.get(language) ?? new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  formats.set(language, format)
  return format.format(at)
}
