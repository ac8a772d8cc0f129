import Negotiator from 'negotiator'

/** Characters. Browsers send a tenth of it; nobody's longer list is worth sorting. */
const LONGEST = 1000

/**
 * The language that a client wants most of those that there are, by the look-up of RFC 4647, section 3.4: `de-CH` finds
 * `de`.
 *
 * @param header `Accept-Language`, which any client can fill with anything
 * @param supported in lower case
 */
export function preferredLanguage (header: string | undefined, supported: { has (tag: string): boolean }): string | undefined {
  if (header === undefined || header.length > LONGEST) return undefined
  for (const range of new Negotiator({ headers: { 'accept-language': header } }).languages()) {
    const subtags = range.toLowerCase().split('-').slice(0, 8)
    for (let length = subtags.length; length > 0; length--) {
      const tag = subtags.slice(0, length).join('-')
      if (supported.has(tag)) return tag
    }
  }
  return undefined
}
