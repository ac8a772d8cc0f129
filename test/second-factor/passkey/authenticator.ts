import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** CBOR of what WebAuthn uses: whole numbers, bytes, texts, maps (RFC 8949). */
function cbor (value: number | string | Uint8Array | Map<unknown, unknown>): Buffer {
  const head = (major: number, count: number): Buffer =>
    count < 24 ? Buffer.from([major << 5 | count]) : count < 256 ? Buffer.from([major << 5 | 24, count]) : Buffer.from([major << 5 | 25, count >> 8, count & 255])
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map((part) => cbor(part as string))])
  return Buffer.concat([head(2, value.length), value])
}

const sha256 = (content: string | Buffer): Buffer => createHash('sha256').update(content).digest()

interface Options {
  challenge: string
  rp?: { id: string }
  rpId?: string
  user?: { id: string }
  allowCredentials?: { id: string }[]
}

/** What a browser or an authenticator does otherwise than it should. */
export interface Manipulated {
  origin?: string
  crossOrigin?: boolean
  topOrigin?: string
  type?: string
  challenge?: string
  rpId?: string
  userHandle?: string
  /** Bits of the flags: 1 present, 4 verified. */
  flags?: number
  counter?: number
  fmt?: string
  attStmt?: Map<unknown, unknown>
  /** Signs with a key of somebody else's. */
  signedBy?: KeyObject
  credentialId?: string
}

interface Held {
  id: string
  rpId: string
  userHandle: string
  keys: { publicKey: KeyObject, privateKey: KeyObject }
  counter: number
}

export interface SoftAuthenticatorOptions {
  /** The page that the browser is on. @default 'http://localhost:3001' */
  origin?: string
  /** Whether its passkeys count, as those of a security key do; synced ones stay at 0. @default true */
  counts?: boolean
  algorithm?: 'ES256' | 'EdDSA' | 'RS256'
}

const KEYS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 })
}

function cose (key: KeyObject): Map<unknown, unknown> {
  const { kty, x = '', y = '', n = '' } = key.export({ format: 'jwk' }) as Record<string, string>
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  if (kty === 'RSA') return new Map<unknown, unknown>([[1, 3], [3, -257], [-1, bytes(n)], [-2, bytes('AQAB')]])
  if (kty === 'OKP') return new Map<unknown, unknown>([[1, 1], [3, -8], [-1, 6], [-2, bytes(x)]])
  return new Map<unknown, unknown>([[1, 2], [3, -7], [-1, 1], [-2, bytes(x)], [-3, bytes(y)]])
}

/** A browser with an authenticator, in software: what `navigator.credentials` and `toJSON()` give, and all that Mallory makes of it. */
export function createAuthenticator ({ origin: page = 'http://localhost:3001', counts = true, algorithm = 'ES256' }: SoftAuthenticatorOptions = {}) {
  const held: Held[] = []

  function clientData (type: string, challenge: string, { origin = page, crossOrigin = false, topOrigin, ...other }: Manipulated): Buffer {
    return Buffer.from(JSON.stringify({ type: other.type ?? type, challenge: other.challenge ?? challenge, origin, crossOrigin, ...(topOrigin !== undefined && { topOrigin }) }))
  }

  function authenticatorData (rpId: string, counter: number, flags: number, attested = Buffer.alloc(0)): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(rpId), Buffer.from([flags | (attested.length > 0 ? 64 : 0)]), count, attested])
  }

  return {
    held,

    create ({ challenge, rp, user }: Options, wrong: Manipulated = {}) {
      const keys = KEYS[algorithm]()
      const one: Held = { id: wrong.credentialId ?? randomBytes(32).toString('base64url'), rpId: rp!.id, userHandle: user!.id, keys, counter: 0 }
      held.push(one)
      const id = Buffer.from(one.id, 'base64url')
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([id.length >> 8, id.length & 255]), id, cbor(cose(keys.publicKey))])
      const authData = authenticatorData(wrong.rpId ?? one.rpId, wrong.counter ?? 0, wrong.flags ?? 5, attested)
      const attestationObject = cbor(new Map<unknown, unknown>([['fmt', wrong.fmt ?? 'none'], ['attStmt', wrong.attStmt ?? new Map()], ['authData', authData]]))
      return {
        id: one.id,
        rawId: one.id,
        type: 'public-key',
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, wrong).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'hybrid'],
          publicKeyAlgorithm: -7
        },
        clientExtensionResults: { credProps: { rk: true } },
        authenticatorAttachment: 'platform'
      }
    },

    get ({ challenge, rpId, allowCredentials }: Options, wrong: Manipulated = {}) {
      // A request that names none is for any passkey of the site.
      const allowed = new Set((allowCredentials?.length ? allowCredentials : held).map(({ id }) => id))
      const one = held.find(({ id }) => allowed.has(id))
      if (one === undefined) throw new Error('the authenticator has none of these passkeys')
      if (counts) one.counter++
      const client = clientData('webauthn.get', challenge, wrong)
      const authData = authenticatorData(wrong.rpId ?? rpId!, wrong.counter ?? one.counter, wrong.flags ?? 5)
      const key = wrong.signedBy ?? one.keys.privateKey
      const signature = sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.concat([authData, sha256(client)]), key)
      return {
        id: wrong.credentialId ?? one.id,
        rawId: wrong.credentialId ?? one.id,
        type: 'public-key',
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle: wrong.userHandle ?? one.userHandle
        },
        clientExtensionResults: {},
        authenticatorAttachment: 'platform'
      }
    }
  }
}

export type SoftAuthenticator = ReturnType<typeof createAuthenticator>
