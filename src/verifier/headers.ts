/** Headers as Node, Lambda and the Fetch standard have them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>> | { get (name: string): string | null }

/** A request, as far as the decision depends on it. */
export interface VerifierRequest {
  /** Undefined is no method that is exempt from anti-CSRF checks. */
  method?: string | undefined
  headers: RequestHeaders
  /** Whether it opens a WebSocket, where its headers do not say so. @default by its `Upgrade` header */
  isWebSocket?: boolean
}

export type HeaderReader = (name: string) => string | undefined

/**
 * Reads headers by their name in lower case. Several of one name become one, as in the Fetch standard: no token has a comma,
 * so several tokens are none.
 */
export function readerOf (headers: RequestHeaders): HeaderReader {
  if (typeof headers.get === 'function') return (name) => (headers as { get (name: string): string | null }).get(name) ?? undefined
  const record = headers as Readonly<Record<string, string | readonly string[] | undefined>>
  const names = Object.keys(record)
  // Node writes names in lower case. API Gateway passes on what the client wrote, which may be several spellings.
  const isPlain = names.every((key) => key === key.toLowerCase())
  return (name) => {
    const values = (isPlain ? [name] : names.filter((key) => key.toLowerCase() === name)).flatMap((key) => record[key] ?? [])
    return values.length === 0 ? undefined : values.join(name === 'cookie' ? '; ' : ', ')
  }
}
