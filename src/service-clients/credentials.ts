/** What a caller says of itself. Bearer names no client. */
export interface Credentials {
  id?: string
  secret: string
}

/** Node takes no longer headers, unless it is told to. */
const LONGEST = 4096

/** `application/x-www-form-urlencoded`, as RFC 6749 has it in both parts of Basic. */
function formDecoded (text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/**
 * Reads the credentials of a client: Basic as in RFC 6749, section 2.3.1, or Bearer. Many clients leave out the encoding
 * that this section asks for in Basic; so what it would change may be meant either way, and each is compared.
 *
 * @returns in the order in which to try them; none if the header is missing or another one
 */
export function readCredentials (header: string | undefined): Credentials[] {
  const [, scheme = '', value = ''] = /^(\w+) +([\x21-\x7e]+) *$/.exec(header?.slice(0, LONGEST) ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return [{ secret: value }]
  if (scheme.toLowerCase() !== 'basic') return []
  const text = Buffer.from(value, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return []
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)]
  const decoded = { id: formDecoded(id), secret: formDecoded(secret) }
  return decoded.id === id && decoded.secret === secret ? [decoded] : [decoded, { id, secret }]
}
