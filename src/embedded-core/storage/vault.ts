import { CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG } from '../errors.js'
import { openText, sealText, type KeyRing, type SealingKey } from './key-ring.js'
import { sealedPersonal, unsealed, type Personal } from './personal.js'
import { rewrite } from './rewriting.js'
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

/** What is sealed with the secret key: keys and authenticator secrets, or personal data too. */
export type Encryption = 'secrets' | 'all'

/** How a file in a certain state is read and written. */
export interface Sealing {
  vault: Vault
  personal: Personal
  /** Undefined without a key. */
  encryption: Encryption | undefined
}

interface State { kid: string, secret: string, scrubbed: number }

const CHECK = 'vault'
const PLAIN: Sealing = { vault: { seal: (text) => text, open: (text) => text }, personal: unsealed, encryption: undefined }

/**
 * For a file in its present state. Either all secrets in a file are sealed or none are, so a plain value cannot pass for a
 * sealed one; the same is true of personal data.
 *
 * @throws CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG
 */
export function readSealing (db: Storage, ring: KeyRing, file: string): Sealing {
  const state = stateOf(db)
  if (state === undefined) return PLAIN
  if (ring.length === 0) throw new CORE_SECRET_KEY_REQUIRED(file)
  const encryption = createVault(ring, file).open(state.secret, CHECK) === 'all' ? 'all' : 'secrets'
  // Until a rotation has been done, blind indexes are those of the old key.
  return sealingBy(ring.toSorted((one, other) => Number(other.id === state.kid) - Number(one.id === state.kid)), file, encryption)
}

export interface Opened extends Sealing {
  /** How a file was before that has been rewritten. */
  before?: Sealing
}

/**
 * Seals a file with the first key of the ring, if there is one, before anything else is read from the file. Without `wanted`, a file
 * stays as it is, or becomes as `others` are: a setting that got lost, or an older copy of the public app's file in its place,
 * must not put personal data back in the clear.
 *
 * @throws CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG
 */
export function openSealing (db: Storage, ring: KeyRing, file: string, wanted?: Encryption, others?: Encryption): Opened {
  const before = readSealing(db, ring, file)
  const [first] = ring
  if (first === undefined) return PLAIN
  const encryption = wanted ?? (before.encryption === 'all' ? 'all' : others ?? before.encryption ?? 'secrets')
  const after = sealingBy(ring, file, encryption)
  const mustRewrite = stateOf(db)?.kid !== first.id || before.encryption !== encryption
  const isNew = db.get('SELECT 1 FROM keys') === undefined
  if (mustRewrite) db.transaction(() => { reseal(db, before, after, first, isNew) })
  if (stateOf(db)?.scrubbed === 0) scrub(db)
  return mustRewrite && !isNew ? { ...after, before } : after
}

function stateOf (db: Storage): State | undefined {
  return db.get<State>('SELECT kid, secret, created_at AS scrubbed FROM keys WHERE kind = \'vault\'')
}

function sealingBy (ring: KeyRing, file: string, encryption: Encryption): Sealing {
  const vault = createVault(ring, file)
  return { vault, personal: encryption === 'all' ? sealedPersonal(vault, ring[0] as SealingKey, file) : unsealed, encryption }
}

function createVault (ring: KeyRing, file: string): Vault {
  return {
    seal: (text, owner) => sealText(ring[0] as SealingKey, text, owner),
    open (text, owner) {
      const opened = openText(ring, text, owner)
      if (opened === undefined) throw new CORE_SECRET_KEY_WRONG(file)
      return opened
    }
  }
}

/** Seals everything anew. Call it inside a transaction: a crash leaves the file as it was or as it should be. */
function reseal (db: Storage, before: Sealing, after: Sealing, { id }: SealingKey, isNew: boolean): void {
  db.run('DELETE FROM keys WHERE kind = \'vault\'')
  rewrite(db, before, after)
  // A new file has no old values to scrub.
  db.run('INSERT INTO keys (kid, kind, created_at, secret) VALUES (?, \'vault\', ?, ?)', id, isNew ? 1 : 0, after.vault.seal(after.encryption === 'all' ? 'all' : '', CHECK))
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
