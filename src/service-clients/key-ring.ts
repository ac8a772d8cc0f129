import { createHash, timingSafeEqual } from 'node:crypto'

export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

interface Key<Holder> {
  holder: Holder
  /** SHA-256 of the secret. */
  digest: Buffer
}

/**
 * Finds whose secret it is. Compares with every key, so that the time says neither whose it is nor how close a guess came.
 */
export function createKeyRing<Holder> (keys: ReadonlyArray<Key<Holder>>) {
  return function holderOf (secret: string): Holder | undefined {
    const given = digestOf(secret)
    let found: Holder | undefined
    for (const { holder, digest } of keys) {
      if (timingSafeEqual(digest, given)) found = holder
    }
    return found
  }
}
