import { memberOf, textOf } from '../../../members.js'

/** What the browser itself says of a ceremony, and the authenticator signs (WebAuthn, section 5.8.1). */
export interface ClientData {
  challenge: string
  origin: string
  /** Whether the page was inside a frame of another site. */
  isFramed: boolean
}

/** Undefined for what no browser writes. */
export function readClientData (clientDataJSON: string): ClientData | undefined {
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString())
  } catch {
    return undefined
  }
  const [challenge, origin = ''] = [textOf(content, 'challenge'), textOf(content, 'origin')]
  if (challenge === undefined) return undefined
  // `topOrigin` alone says so too. What is no boolean counts as framed.
  const isFramed = (memberOf(content, 'crossOrigin') ?? false) !== false || memberOf(content, 'topOrigin') !== undefined
  return { challenge, origin, isFramed }
}
