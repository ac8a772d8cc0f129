import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../../../supertokens/sdk.js'
import { readClientData } from './client-data.js'
import type { Enrolled, Passkey } from './passkeys.js'
import type { RelyingParty } from './relying-party.js'
import type { CreatedCredential, UsedCredential } from './types.js'
import { loadWebAuthn } from './webauthn.js'

/** ES256, EdDSA and RS256: what authenticators have (COSE). */
const ALGORITHMS = [-7, -8, -257]

/**
 * Whether the device has to make sure who its user is. `preferred`: a security key without a PIN is welcome, as the password
 * has passed already. Whoever has only the key lacks the password, and whoever has only the password lacks the key (NIST SP
 * 800-63B: AAL2). `required` where the passkey stands alone.
 */
export type UserVerification = 'required' | 'preferred'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))
const text = (content: Uint8Array): string => Buffer.from(content).toString('base64url')

interface Ceremony {
  party: RelyingParty
  /** base64url. */
  challenge: string
  userContext: UserContext
}

interface NewOptions {
  party: RelyingParty
  appName: string
  /** Shown by the authenticator, on the person's own devices. */
  login: string
  userHandle: string
  enrolled: Enrolled
  challenge: string
  /** Seconds. */
  lifetime: number
  /** Whether it is to sign in alone: kept in the device, which names the account, and verifies its user. */
  signsIn: boolean
}

const credentialsOf = (enrolled: Enrolled) => enrolled.map(([, { credentialId: id, transports }]) => ({ id, transports }))

export async function creationOptions ({ party, appName, login, userHandle, enrolled, challenge, lifetime, signsIn }: NewOptions) {
  const { generateRegistrationOptions } = await loadWebAuthn()
  return await generateRegistrationOptions({
    rpName: appName,
    rpID: party.id,
    userName: login,
    userDisplayName: login,
    userID: bytes(userHandle),
    challenge: bytes(challenge),
    timeout: lifetime * 1000,
    attestationType: 'none',
    // One authenticator twice would look like a spare one.
    excludeCredentials: credentialsOf(enrolled),
    authenticatorSelection: signsIn ? { residentKey: 'required', userVerification: 'required' } : { residentKey: 'preferred', userVerification: 'preferred' },
    supportedAlgorithmIDs: ALGORITHMS
  })
}

interface UseOptions extends Pick<NewOptions, 'party' | 'challenge' | 'lifetime'> {
  /** Those that may answer; empty for any that the device has for the site. */
  enrolled: Enrolled
  userVerification: UserVerification
}

export async function requestOptions ({ party, enrolled, challenge, lifetime, userVerification }: UseOptions) {
  const { generateAuthenticationOptions } = await loadWebAuthn()
  return await generateAuthenticationOptions({
    rpID: party.id,
    challenge: bytes(challenge),
    allowCredentials: credentialsOf(enrolled),
    timeout: lifetime * 1000,
    userVerification
  })
}

/**
 * Whether a website of the app asked the authenticator, in a window of its own. A phishing page hands on our challenge, and
 * the browser writes down where it was; a page in a frame lets another site cover what people click.
 */
function isOwnPage (clientDataJSON: string, { party: { origins }, userContext }: Ceremony): boolean {
  const data = readClientData(clientDataJSON)
  if (data === undefined || data.isFramed) return false
  if (origins.includes(data.origin)) return true
  appOf(userContext).log.info({ origin: data.origin.slice(0, 256), websiteDomains: origins }, 'a passkey answered to a page that is none of the websites')
  return false
}

/**
 * Attestation, by which manufacturers vouch for devices, is not asked for. What comes all the same is cut off before the
 * library reads it: certificates of strangers name URLs to fetch, and their formats are a large surface.
 */
async function withoutAttestation (attestationObject: string): Promise<string> {
  const { decodeAttestationObject, isoCBOR } = await loadWebAuthn()
  const authData = decodeAttestationObject(bytes(attestationObject)).get('authData')
  return text(isoCBOR.encode(new Map<string, unknown>([['fmt', 'none'], ['attStmt', new Map()], ['authData', authData]])))
}

/** The shortest signature that ECDSA knows, which no key has made. */
const NO_SIGNATURE = bytes('MAYCAQECAQE')

/** @throws for a key that could never be used: its owner would be locked out */
async function requireKey (credentialPublicKey: Uint8Array): Promise<void> {
  const { verifySignature } = await loadWebAuthn()
  await verifySignature({ signature: NO_SIGNATURE, data: NO_SIGNATURE, credentialPublicKey })
}

/** What a registration made; undefined if it is not right. */
export async function readRegistration (credential: CreatedCredential, ceremony: Ceremony): Promise<Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'verified'> | undefined> {
  const { party, challenge } = ceremony
  const { id, rawId, type, response: { clientDataJSON, attestationObject } } = credential
  if (!isOwnPage(clientDataJSON, ceremony)) return undefined
  const { verifyRegistrationResponse } = await loadWebAuthn()
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { id, rawId, type, clientExtensionResults: {}, response: { clientDataJSON, attestationObject: await withoutAttestation(attestationObject) } },
      expectedChallenge: challenge,
      expectedOrigin: party.origins,
      expectedRPID: party.id,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS
    })
    if (registrationInfo === undefined || registrationInfo.credential.id !== id) return undefined
    const { publicKey, counter } = registrationInfo.credential
    await requireKey(publicKey)
    return { credentialId: id, publicKey: text(publicKey), counter, ...(registrationInfo.userVerified && { verified: true }) }
  } catch {
    return undefined
  }
}

/** The signature counter of an answer that is signed by the passkey; undefined if it is not right. */
export async function readAssertion (credential: UsedCredential, { credentialId, publicKey, userHandle }: Passkey, ceremony: Ceremony, { userVerification }: { userVerification: UserVerification }): Promise<number | undefined> {
  const { party, challenge } = ceremony
  const { id, rawId, type, response: { clientDataJSON, authenticatorData, signature, userHandle: named = userHandle } } = credential
  if (named !== userHandle || !isOwnPage(clientDataJSON, ceremony)) return undefined
  const { verifyAuthenticationResponse } = await loadWebAuthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { id, rawId, type, clientExtensionResults: {}, response: { clientDataJSON, authenticatorData, signature } },
      expectedChallenge: challenge,
      expectedOrigin: party.origins,
      expectedRPID: party.id,
      // The counter is compared where replicas cannot overtake each other (`uses.ts`).
      credential: { id: credentialId, publicKey: bytes(publicKey), counter: 0 },
      requireUserVerification: userVerification === 'required'
    })
    return verified ? authenticationInfo.newCounter : undefined
  } catch {
    return undefined
  }
}
