import type { Passkey } from './passkeys.js'

/** What a browser's `PublicKeyCredential.toJSON()` gives after `navigator.credentials.create`. */
export interface CreatedCredential {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string, attestationObject: string, transports?: string[] }
}

/** The same after `navigator.credentials.get`. */
export interface UsedCredential {
  id: string
  rawId: string
  type: 'public-key'
  response: { clientDataJSON: string, authenticatorData: string, signature: string, userHandle?: string }
}

/** The two things that a challenge can be for. One made for one is none for the other. */
export type Purpose = 'register' | 'verify'

export type PasskeyAnswer =
  | { purpose: 'register', name: string | undefined, credential: CreatedCredential }
  | { purpose: 'verify', credential: UsedCredential }

export interface PasskeyTypes {
  input: { purpose: 'register', name: string | undefined } | { purpose: 'verify' }
  answer: PasskeyAnswer
  /** For `navigator.credentials.create` or `get`, as JSON. */
  reply: { options: object }
  /** The passkey that was registered; undefined where an enrolled one was used. */
  proof: { id: string, passkey: Passkey } | undefined
  rejection: { status: 'INVALID_CREDENTIALS_ERROR' | 'RESTART_FLOW_ERROR' }
}
