import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export function sha256 (text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A one-time token that is safe in a link; only its hash is ever stored. */
export function randomToken (): string {
  return randomBytes(96).toString('base64url')
}

/** Takes the same time wherever the difference is; hashing first makes the lengths equal. */
export function sameSecret (one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
