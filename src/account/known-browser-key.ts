import { createPublicKey, verify, type KeyObject } from 'node:crypto'

/** The public half of a browser's key: ECDSA on P-256, as WebCrypto exports it (JSON Web Key, RFC 7517). */
export interface BrowserKey { kty: 'EC', crv: 'P-256', x: string, y: string }

const coordinate = { type: 'string', maxLength: 43, pattern: '^[A-Za-z0-9_-]{43}$' }

export const browserKeySchema = {
  type: 'object',
  properties: { kty: { type: 'string', enum: ['EC'], maxLength: 2 }, crv: { type: 'string', enum: ['P-256'], maxLength: 5 }, x: coordinate, y: coordinate },
  required: ['kty', 'crv', 'x', 'y']
}

/** 64 bytes in base64url, as WebCrypto signs (IEEE P1363). */
export const signatureSchema = { type: 'string', maxLength: 86, pattern: '^[A-Za-z0-9_-]{86}$' }

/** What a browser signs. Each part is one that an attacker could swap. */
export interface Signed {
  /** A signature that makes a browser known proves nothing at sign-in, and the other way round. */
  purpose: 'register' | 'prove'
  /** Once, for one session. */
  challenge: string
  /** The id of the session that was given the challenge. */
  session: string
  /** The website on which the page runs. */
  origin: string
}

function bytesOf ({ purpose, challenge, session, origin }: Signed): Buffer {
  return Buffer.from(JSON.stringify(['fastify-2fa known browser', purpose, challenge, session, origin]))
}

function read ({ kty, crv, x, y }: BrowserKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
  } catch {
    // A point that is not on the curve.
    return undefined
  }
}

/** Whether the owner of the key has signed this. */
export function isSignedBy (key: BrowserKey, signed: Signed, signature: string): boolean {
  const publicKey = read(key)
  return publicKey !== undefined && verify('sha256', bytesOf(signed), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
}
