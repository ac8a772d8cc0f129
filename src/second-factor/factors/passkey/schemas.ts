import { object, text } from '../../schemas.js'

const base64url = (maxLength: number) => ({ ...text(maxLength), pattern: '^[A-Za-z0-9_-]+$' })

export const id = base64url(64)
/** As a person calls it, on a single line. */
export const name = { ...text(64), pattern: '^\\P{Cc}+$' }

/** An id has 1023 bytes at most (WebAuthn, section 4), a handle 64. Unknown members are accepted, and read by nobody. */
const credential = (response: object, required: string[]) => object({
  id: base64url(1364),
  rawId: base64url(1364),
  type: { const: 'public-key' },
  response: object({ clientDataJSON: base64url(4096), ...response }, ['clientDataJSON', ...required])
}, ['id', 'rawId', 'type', 'response'])

export const created = credential({
  // The longest RSA keys included. Nothing else that is in there is read.
  attestationObject: base64url(8192),
  transports: { type: 'array', maxItems: 8, items: { ...text(32), pattern: '^[a-z-]+$' } }
}, ['attestationObject'])

export const used = credential({ authenticatorData: base64url(2048), signature: base64url(2048), userHandle: base64url(86) }, ['authenticatorData', 'signature'])
