import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** What the service asks of `navigator.credentials`, as far as it is read here. */
export interface CredentialOptions {
  challenge: string
  rp?: { id: string }
  rpId?: string
  user?: { id: string }
}

/** CBOR of what WebAuthn uses: whole numbers, bytes, texts, maps (RFC 8949). */
function cbor (value: number | string | Uint8Array | Map<unknown, unknown>): Buffer {
  const head = (major: number, count: number): Buffer => Buffer.from(count < 24 ? [major << 5 | count] : count < 256 ? [major << 5 | 24, count] : [major << 5 | 25, count >> 8, count & 255])
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map((part) => cbor(part as string))])
  return Buffer.concat([head(2, value.length), value])
}

const sha256 = (content: string | Buffer): Buffer => createHash('sha256').update(content).digest()

/** User present and verified; with the key, when it is new (WebAuthn, section 6.1). */
const [USED, CREATED] = [0x05, 0x45]

/** A P-256 key as COSE writes it (RFC 9053). */
function cose (key: KeyObject): Map<unknown, unknown> {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  return new Map<unknown, unknown>([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, 'base64url')], [-3, Buffer.from(y, 'base64url')]])
}

/**
 * A security key in software, with one passkey: what `navigator.credentials` and `toJSON()` give on a page of this origin.
 */
export function createAuthenticator (origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let userHandle = ''
  let uses = 0

  const clientData = (type: string, challenge: string): Buffer => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

  function authenticatorData (rpId: string, flags: number, attested = Buffer.alloc(0)): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(uses++)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested])
  }

  const credential = (response: Record<string, Buffer>) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    response: Object.fromEntries(Object.entries(response).map(([name, bytes]) => [name, bytes.toString('base64url')])),
    clientExtensionResults: {}
  })

  return {
    create ({ challenge, rp, user }: CredentialOptions) {
      userHandle = user!.id
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cbor(cose(publicKey))])
      const authData = authenticatorData(rp!.id, CREATED, attested)
      return credential({
        clientDataJSON: clientData('webauthn.create', challenge),
        attestationObject: cbor(new Map<unknown, unknown>([['fmt', 'none'], ['attStmt', new Map()], ['authData', authData]]))
      })
    },

    get ({ challenge, rpId }: CredentialOptions) {
      const clientDataJSON = clientData('webauthn.get', challenge)
      const data = authenticatorData(rpId!, USED)
      const signature = sign('sha256', Buffer.concat([data, sha256(clientDataJSON)]), privateKey)
      return credential({ clientDataJSON, authenticatorData: data, signature, userHandle: Buffer.from(userHandle, 'base64url') })
    }
  }
}

export type Authenticator = ReturnType<typeof createAuthenticator>
