import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { CORE_OPTION_INVALID, CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG } from '../errors.js'
import type { Storage } from './storage.js'

/**
 * Encrypts the secrets that the Core has to read again, in case the file or a backup is stolen. Passwords and tokens
 * are stored as hashes and need no vault. `owner` binds a value to its row, so that a row copied over another one
 * does not open.
 */
export interface Vault {
  seal (text: string, owner: string): string
  open (text: string, owner: string): string
}

interface SealingKey { id: string, key: Buffer }

/** The first key seals, all keys open. */
export type KeyRing = readonly SealingKey[]

interface State { kid: string, secret: string, scrubbed: number }

const MIN_LENGTH = 32
const FORMAT = 'v1'
const CHECK = 'vault'
const PAGE = 1000

const plain: Vault = { seal: (text) => text, open: (text) => text }

/**
 * Derives the keys by scrypt. Slow by design (about 0.1 s), which limits the guesses of an attacker who knows part of a
 * passphrase.
 *
 * @throws CORE_OPTION_INVALID for a key of less than 32 characters
 */
export function deriveKeys (secretKey: string | string[] | undefined): KeyRing {
  if (secretKey === undefined) return []
  const given: unknown[] = [secretKey].flat()
  const texts = given.flatMap((one) => typeof one === 'string' ? one.split(',').map((text) => text.trim()) : [''])
  if (texts.length === 0 || texts.some((text) => text.length < MIN_LENGTH)) {
    throw new CORE_OPTION_INVALID('secretKey', `must be a string of at least ${MIN_LENGTH} characters. To give several, use a list or separate them by commas`)
  }
  return texts.map((text) => {
    const derived = scryptSync(text, 'fastify-2fa embedded core', 40, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 })
    return { key: derived.subarray(0, 32), id: derived.toString('hex', 32) }
  })
}

/**
 * The vault for a file in its present state. Either all secrets in a file are sealed or none are, so a plain value
 * cannot pass for a sealed one.
 *
 * @throws CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG
 */
export function readVault (db: Storage, ring: KeyRing, file: string): Vault {
  const state = stateOf(db)
  if (state === undefined) return plain
  if (ring.length === 0) throw new CORE_SECRET_KEY_REQUIRED(file)
  const vault = createVault(ring, file)
  vault.open(state.secret, CHECK)
  return vault
}

/**
 * Seals a file with the first key of the ring, if there is one, before anything else is read from the file.
 *
 * @throws CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG
 */
export function openVault (db: Storage, ring: KeyRing, file: string): Vault {
  const before = readVault(db, ring, file)
  const [first] = ring
  if (first === undefined) return plain
  const vault = createVault(ring, file)
  if (stateOf(db)?.kid !== first.id) db.transaction(() => reseal(db, before, vault, first.id))
  if (stateOf(db)?.scrubbed === 0) scrub(db)
  return vault
}

function stateOf (db: Storage): State | undefined {
  return db.get<State>('SELECT kid, secret, created_at AS scrubbed FROM keys WHERE kind = \'vault\'')
}

function createVault (ring: KeyRing, file: string): Vault {
  const { id, key } = ring[0] as SealingKey
  return {
    seal (text, owner) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner))
      const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${FORMAT}:${id}:${sealed.toString('base64')}`
    },
    open (text, owner) {
      const [format, keyId, body = ''] = text.split(':')
      const found = ring.find((one) => one.id === keyId)
      if (format !== FORMAT || found === undefined) throw new CORE_SECRET_KEY_WRONG(file)
      const sealed = Buffer.from(body, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', found.key, sealed.subarray(0, 12), { authTagLength: 16 }).setAAD(Buffer.from(owner))
        decipher.setAuthTag(sealed.subarray(-16))
        return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new CORE_SECRET_KEY_WRONG(file)
      }
    }
  }
}

export const ownerOf = {
  key: (kid: string): string => `key ${kid}`,
  device: (userId: string): string => `totp ${userId}`,
  import: (id: string): string => `import ${id}`
}

/** Seals all secrets anew. Call it inside a transaction: a crash leaves the file under the old key or the new one. */
function reseal (db: Storage, before: Vault, vault: Vault, keyId: string): void {
  const again = (text: string, owner: string) => vault.seal(before.open(text, owner), owner)
  db.run('DELETE FROM keys WHERE kind = \'vault\'')
  const keys = db.all<{ kid: string, secret: string }>('SELECT kid, secret FROM keys')
  for (const { kid, secret } of keys) db.run('UPDATE keys SET secret = ? WHERE kid = ?', again(secret, ownerOf.key(kid)), kid)
  resealTable(db, 'totp_devices', 'user_id', 'secret', (text, id) => again(text, ownerOf.device(id)))
  // Queued bulk-import users hold authenticator secrets and plain-text passwords.
  resealTable(db, 'bulk_import', 'id', 'raw', (text, id) => again(text, ownerOf.import(id)))
  // A new file has no old values to scrub.
  db.run('INSERT INTO keys (kid, kind, created_at, secret) VALUES (?, \'vault\', ?, ?)', keyId, keys.length === 0 ? 1 : 0, vault.seal('', CHECK))
}

function resealTable (db: Storage, table: string, owner: string, column: string, again: (text: string, owner: string) => string): void {
  let rows: Array<{ at: number, owner: string, text: string }> = []
  do {
    rows = db.all(`SELECT rowid AS at, ${owner} AS owner, ${column} AS text FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`, rows.at(-1)?.at ?? -1)
    for (const { at, owner: id, text } of rows) db.run(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`, again(text, id), at)
  } while (rows.length === PAGE)
}

/**
 * SQLite leaves overwritten and deleted values in free pages and in the log, so rewrite both. If a crash interrupts
 * this, the next start does it.
 */
function scrub (db: Storage): void {
  db.run('VACUUM')
  db.all('PRAGMA wal_checkpoint(TRUNCATE)')
  db.run('UPDATE keys SET created_at = 1 WHERE kind = \'vault\'')
}
