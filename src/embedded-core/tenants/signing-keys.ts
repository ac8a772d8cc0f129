import { createPrivateKey, createPublicKey, createSecretKey, generateKeyPair, randomBytes, randomUUID, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Settings } from '../config.js'
import { writeJson } from '../input/json.js'
import { ownerOf } from '../storage/owners.js'
import type { Storage } from '../storage/storage.js'
import type { Vault } from '../storage/vault.js'

const generatePair = promisify(generateKeyPair)
const signAsync = promisify(sign)

interface Key { kid: string, createdAt: number, privateKey: KeyObject, publicKey: KeyObject }

/** The keys of one app: dynamic keys that rotate, a static key that does not, and the key that seals refresh tokens. */
export interface Keys {
  /**
   * Returns a function that signs JWTs. Waits for a new key only if no old key may still sign. Take the time for a
   * token's claims after the wait, which would otherwise shorten the token's life.
   */
  signer (useStatic: boolean): Promise<(header: Record<string, unknown>, payload: Record<string, unknown>) => Promise<string>>
  /** Whether the JWT was signed by the valid key with this id. */
  verifyJwt (token: string, kid: string): Promise<boolean>
  publicKeys (): Promise<Array<Record<string, string>>>
  /** How long a client may cache the public keys, in seconds. */
  cacheSeconds (): Promise<number>
  refreshKey: KeyObject
  /** Discards keys that are still being generated. */
  stop (): void
}

export interface KeyOptions {
  db: Storage
  vault: Vault
  now: () => number
  settings: () => Settings
  onError: (error: unknown) => void
}

export function openKeys ({ db, vault, now, settings, onError }: KeyOptions): Keys {
  const stored = (kind: string) => db.all<{ kid: string, created_at: number, secret: string }>(
    'SELECT kid, created_at, secret FROM keys WHERE kind = ? ORDER BY created_at DESC', kind)
    .map((row) => ({ ...row, secret: vault.open(row.secret, ownerOf.key(row.kid)) }))
  const load = (row: { kid: string, created_at: number, secret: string }): Key => {
    const privateKey = createPrivateKey(row.secret)
    return { kid: row.kid, createdAt: row.created_at, privateKey, publicKey: createPublicKey(privateKey) }
  }
  const store = (kid: string, kind: string, createdAt: number, secret: string) =>
    db.run('INSERT INTO keys (kid, kind, created_at, secret) VALUES (?, ?, ?, ?)', kid, kind, createdAt, vault.seal(secret, ownerOf.key(kid)))

  let dynamicKeys = stored('dynamic').map(load)
  let generating: Promise<unknown> | undefined
  let staticKey: Promise<Key> | undefined
  const state = { stopped: false }

  // A new key is published one minute before it signs, so that every verifier has fetched it by then. For intervals
  // under a minute (tests) it is a fifth of the interval, as in the real Core.
  const overlap = () => settings().keyInterval < 60_000 ? settings().keyInterval / 5 : 60_000
  // The last token that a key signs is valid for one access-token lifetime. The real Core keeps the key for twice that.
  const canVerify = (key: Key) => key.createdAt + settings().keyInterval + 2 * settings().accessTokenValidity >= now()
  const canSign = (key: Key) => now() < key.createdAt + settings().keyInterval

  async function newKey (kind: 'dynamic' | 'static'): Promise<Key> {
    const { privateKey, publicKey } = await generatePair('rsa', { modulusLength: 2048 })
    // The id contains the time, so no two keys may share one.
    const createdAt = Math.max(now(), (dynamicKeys[0]?.createdAt ?? 0) + 1)
    const kid = kind === 'static' ? `s-${randomUUID()}` : `d-${createdAt}`
    if (!state.stopped) store(kid, kind, createdAt, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    return { kid, createdAt, privateKey, publicKey }
  }

  function rotate (): Promise<unknown> {
    generating ??= newKey('dynamic')
      .then((key) => { dynamicKeys = [key, ...dynamicKeys.filter(canVerify)] })
      .finally(() => { generating = undefined })
    return generating
  }

  function dueForRotation (): boolean {
    const latest = dynamicKeys[0]
    return latest === undefined || now() + overlap() > latest.createdAt + settings().keyInterval
  }

  async function signingKey (): Promise<Key> {
    if (dueForRotation()) {
      const rotation = rotate()
      const latest = dynamicKeys[0]
      if (latest === undefined || !canSign(latest)) await rotation
      else rotation.catch(onError)
    }
    const [latest, previous] = dynamicKeys as [Key, Key?]
    const tooFresh = latest.createdAt + overlap() > now()
    return previous !== undefined && tooFresh && canSign(previous) ? previous : latest
  }

  function theStaticKey (): Promise<Key> {
    staticKey ??= (async () => {
      const row = stored('static')[0]
      return row === undefined ? await newKey('static') : load(row)
    })()
    // If the key could not be stored, the next request tries again.
    staticKey.catch(() => { staticKey = undefined })
    return staticKey
  }

  async function validKeys (): Promise<Key[]> {
    const [, fixed] = await Promise.all([dueForRotation() ? rotate() : undefined, theStaticKey()])
    return [...dynamicKeys.filter(canVerify), fixed]
  }

  // Generate missing keys now, before a request has to wait for them.
  validKeys().catch(onError)

  return {
    async signer (useStatic) {
      const key = await (useStatic ? theStaticKey() : signingKey())
      const encode = (part: object) => Buffer.from(writeJson(part)).toString('base64url')
      return async function signJwt (header, payload) {
        const signed = `${encode({ ...header, alg: 'RS256', typ: 'JWT', kid: key.kid })}.${encode(payload)}`
        const signature = await signAsync('RSA-SHA256', Buffer.from(signed), key.privateKey)
        return `${signed}.${signature.toString('base64url')}`
      }
    },
    async verifyJwt (token, kid) {
      const key = (await validKeys()).find((candidate) => candidate.kid === kid)
      const end = token.lastIndexOf('.')
      return key !== undefined &&
        verify('RSA-SHA256', Buffer.from(token.slice(0, end)), key.publicKey, Buffer.from(token.slice(end + 1), 'base64url'))
    },
    async publicKeys () {
      return (await validKeys()).map(({ kid, publicKey }) => {
        const { n, e } = publicKey.export({ format: 'jwk' }) as JsonWebKey & { n: string, e: string }
        return { kty: 'RSA', kid, n, e, alg: 'RS256', use: 'sig' }
      })
    },
    async cacheSeconds () {
      const [latest] = await validKeys() as [Key]
      return Math.max(Math.floor((latest.createdAt + settings().keyInterval - overlap() - now()) / 1000), 1)
    },
    refreshKey: createSecretKey(Buffer.from(refreshSecret(), 'base64')),
    stop () { state.stopped = true }
  }

  function refreshSecret (): string {
    const row = stored('refresh')[0]
    if (row !== undefined) return row.secret
    const secret = randomBytes(32).toString('base64')
    store(randomUUID(), 'refresh', now(), secret)
    return secret
  }
}
