import { orInstall } from '../../../optional-package.js'
import type { CreatedCredential, UsedCredential } from './types.js'

interface CredentialName { id: string, transports: string[] }

interface Expected {
  expectedChallenge: string
  expectedOrigin: string[]
  expectedRPID: string
  requireUserVerification: boolean
}

/** The library wants the extensions' results; none are read here. */
type Response<Credential> = Credential & { clientExtensionResults: Record<string, never> }

type Wish = 'required' | 'preferred'

/** What is used of `@simplewebauthn/server`. Its own types need those of a browser, which apps on Node do not have. */
interface WebAuthn {
  generateRegistrationOptions (options: {
    rpName: string
    rpID: string
    userName: string
    userDisplayName: string
    userID: Uint8Array
    challenge: Uint8Array
    timeout: number
    attestationType: 'none'
    excludeCredentials: CredentialName[]
    authenticatorSelection: { residentKey: Wish, userVerification: Wish }
    supportedAlgorithmIDs: readonly number[]
  }): Promise<object>
  generateAuthenticationOptions (options: {
    rpID: string
    challenge: Uint8Array
    allowCredentials: CredentialName[]
    timeout: number
    userVerification: Wish
  }): Promise<object>
  /** Rejects with the reason if the response is not right. */
  verifyRegistrationResponse (options: Expected & { response: Response<CreatedCredential>, supportedAlgorithmIDs: readonly number[] }): Promise<{
    registrationInfo?: { userVerified: boolean, credential: { id: string, publicKey: Uint8Array, counter: number } }
  }>
  /** The same. */
  verifyAuthenticationResponse (options: Expected & {
    response: Response<UsedCredential>
    credential: { id: string, publicKey: Uint8Array, counter: number }
  }): Promise<{ verified: boolean, authenticationInfo: { newCounter: number } }>
}

interface Helpers {
  decodeAttestationObject (content: Uint8Array): { get (key: 'authData'): Uint8Array }
  /** Rejects if the key is none. */
  verifySignature (options: { signature: Uint8Array, data: Uint8Array, credentialPublicKey: Uint8Array }): Promise<boolean>
  isoCBOR: { encode (value: Map<string, unknown>): Uint8Array }
}

/** Only apps with passkeys load it, and need it installed. */
export async function loadWebAuthn (): Promise<WebAuthn & Helpers> {
  const [main, helpers] = await Promise.all([
    import('@simplewebauthn/server' as string).catch(orInstall('@simplewebauthn/server', 'secondFactors passkey')) as Promise<WebAuthn>,
    import('@simplewebauthn/server/helpers' as string).catch(orInstall('@simplewebauthn/server', 'secondFactors passkey')) as Promise<Helpers>
  ])
  return { ...main, ...helpers }
}
