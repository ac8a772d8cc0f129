import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export function sha256 (text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A random one-time token that is safe in a link. Store only its hash. */
export function randomToken (): string {
  return randomBytes(96).toString('base64url')
}

/** Compares in constant time. Hashing first makes the lengths equal. */
export function sameSecret (one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
