/** Decodes base64 with or without padding, as strictly as the real Core; undefined for what it refuses. */
export function decodeBase64 (text: string, alphabet: 'base64' | 'base64url'): Buffer | undefined {
  const form = alphabet === 'base64' ? /^[A-Za-z0-9+/]*(={0,2})$/ : /^[A-Za-z0-9_-]*(={0,2})$/
  const padding = form.exec(text)?.[1]
  if (padding === undefined || (padding === '' ? text.length % 4 === 1 : text.length % 4 !== 0)) return undefined
  return Buffer.from(text, alphabet)
}
