import { createHmac, hkdfSync } from 'node:crypto'
import { sameSecret } from '../storage/digests.js'
import type { KeyRing } from '../storage/key-ring.js'
import type { Contents, Manifest } from './container.js'

/** Shows that a Core with the secret key has made a backup. Without a key there is none. */
export function sign (contents: Contents, [first]: KeyRing): Manifest {
  return first === undefined ? contents : { ...contents, signature: signatureOf(contents, first.key) }
}

export function isSigned ({ signature = '', ...contents }: Manifest, ring: KeyRing): boolean {
  return ring.some(({ key }) => sameSecret(signature, signatureOf(contents, key)))
}

function signatureOf (contents: Contents, key: Buffer): string {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'fastify-2fa backup', 32))
  return createHmac('sha256', own).update(JSON.stringify(contents)).digest('hex')
}
