import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** What a secret belongs to. One that is copied to another user or enrolment does not open there. */
export interface SecretOwner {
  userId: string
  /** Key of the enrolment's record. */
  enrolment: string
}

/**
 * Encrypts the secrets of factors that the service has to read again, such as those of authenticator apps. They are kept
 * in the Core's database: without this, whoever reads a backup of it could compute everyone's codes.
 */
export interface FactorKeys {
  seal (secret: Uint8Array, owner: SecretOwner): string
  /** Undefined when it cannot be opened: its key is not among the keys, it was changed, or it belongs to another owner. */
  open (sealed: string, owner: SecretOwner): Buffer | undefined
  /** Whether they are the key of development, which everybody knows. */
  readonly areKnown: boolean
  /** Keys that sign instead of encrypting: the first one signs, all of them verify. Read them for each signature: they change. */
  signing (purpose: string): readonly [Buffer, ...Buffer[]]
  /** Puts others in place of them. What was sealed with one that is not among these cannot be opened any more. */
  replace (texts: readonly string[]): void
}

/** At least this many characters, so that no key can be guessed from an encrypted secret. */
export const SHORTEST_KEY = 32

/** For development only: it is in the source. Production requires a key of its own (`src/options/production.ts`). */
const KNOWN_TO_EVERYBODY = 'fastify-2fa: a key for development, known to everybody'

const VERSION = 1
const ID_BYTES = 4
const IV_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + ID_BYTES

interface SealingKey { id: Buffer, key: Buffer }

/** 32 bytes in hex or base64, or any text. */
function bytesOf (text: string): Buffer {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[\w+/-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  return Buffer.from(text)
}

/** HKDF (RFC 5869): the id of a key, or a key for another purpose, tells nothing of the key. */
function derive (text: string, info: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', bytesOf(text), '', `fastify-2fa factor ${info}`, length))
}

const sealingKey = (text: string): SealingKey => ({ id: derive(text, 'key id', ID_BYTES), key: derive(text, 'key', 32) })

const textsOr = (texts: readonly string[]): readonly string[] => texts.length === 0 ? [KNOWN_TO_EVERYBODY] : texts

/** Binds a secret to its owner, and the header to the secret. */
function contextOf (header: Buffer, { userId, enrolment }: SecretOwner): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify([userId, enrolment]))])
}

/**
 * AES-256-GCM. A sealed secret is, in base64url: version (1 byte), key id (4), nonce (12), ciphertext, tag (16).
 *
 * @param texts the first one seals, all of them open; empty for the key of development
 */
export function createFactorKeys (texts: readonly string[]): FactorKeys {
  let current = textsOr(texts)
  let keys = current.map(sealingKey)
  const signing = new Map<string, readonly [Buffer, ...Buffer[]]>()

  return {
    areKnown: texts.length === 0,

    signing (purpose) {
      const known = signing.get(purpose) ?? current.map((text) => derive(text, purpose, 32)) as [Buffer, ...Buffer[]]
      signing.set(purpose, known)
      return known
    },

    replace (next) {
      current = textsOr(next)
      keys = current.map(sealingKey)
      signing.clear()
    },

    seal (secret, owner) {
      const [first] = keys as [SealingKey]
      const header = Buffer.concat([Buffer.of(VERSION), first.id])
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv).setAAD(contextOf(header, owner))
      return Buffer.concat([header, iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },

    open (sealed, owner) {
      const bytes = Buffer.from(sealed, 'base64url')
      const header = bytes.subarray(0, HEADER_BYTES)
      const found = keys.find(({ id }) => id.equals(header.subarray(1)))
      if (found === undefined || header[0] !== VERSION || bytes.length < HEADER_BYTES + IV_BYTES + TAG_BYTES) return undefined
      const body = bytes.subarray(HEADER_BYTES)
      try {
        const decipher = createDecipheriv('aes-256-gcm', found.key, body.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(contextOf(header, owner))
        decipher.setAuthTag(body.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(body.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
      } catch {
        return undefined
      }
    }
  }
}
