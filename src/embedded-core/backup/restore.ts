import { chownSync, createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CORE_BACKUP_DAMAGED, CORE_BACKUP_UNSIGNED, CORE_FILE_TOO_NEW, CORE_RESTORE_OVER } from '../errors.js'
import type { JsonObject } from '../input/json.js'
import { syncFile } from '../storage/files.js'
import { deriveKeys, type KeyRing } from '../storage/key-ring.js'
import { SCHEMA_VERSION } from '../storage/schema.js'
import { holdFile, openStorage } from '../storage/storage.js'
import { readSealing } from '../storage/vault.js'
import { PUBLIC } from '../tenants/apps.js'
import { mergeMetadata } from '../users/metadata.js'
import { type Manifest, readContainer } from './container.js'
import { readBackupKeys } from './encryption.js'
import { amendMetadata, forgetWhatIsSpent } from './forget.js'
import { inspect } from './inspection.js'
import { isSigned } from './signature.js'
import { decideRestore, finishRestore, isRestoreDecided, namesIn } from './swap.js'
import { summaryOf, type BackupSummary } from './write.js'

export interface RestoreOptions {
  /** As for `createEmbeddedCore`. What it does not open is refused, and what it has not signed. @default none */
  secretKey?: string | string[] | undefined
  /** What the backup is encrypted with. Of several, separated by commas or as a list, the one that fits. @default none */
  key?: string | string[] | undefined
  /**
   * Whether nothing has been used since the backup, as where a service moves to another machine: sessions go on, and codes and
   * links that were on their way are valid.
   * @default false
   */
  asItWas?: boolean
  /** Takes out of a user's metadata what must not come back, unless `asItWas`. @default nothing */
  amend?: ((metadata: JsonObject) => JsonObject) | undefined
  /** What to merge into the metadata of a user or an id of the app's own, in the same step: a note for whoever starts on it. @default nothing */
  note?: ((backup: BackupSummary) => { userId: string, metadata: JsonObject }) | undefined
  /** Whether to replace files that are there. They are kept under other names. @default false */
  force?: boolean
}

/**
 * Restores the file of an embedded Core from a backup, with those of its apps. No Core may be using it. All is checked before
 * anything is touched, and a process that is killed leaves the old files or the new ones: the next start of a Core ends what
 * was interrupted.
 *
 * All sessions end, and codes and links that were on their way are no longer valid (`forget.ts` says why), unless nothing has been
 * used since.
 *
 * @throws CORE_BACKUP_DAMAGED, CORE_BACKUP_KEY_REQUIRED, CORE_BACKUP_KEY_WRONG, CORE_BACKUP_UNSIGNED, CORE_FILE_IN_USE, CORE_FILE_TOO_NEW,
 * CORE_RESTORE_OVER, CORE_SECRET_KEY_REQUIRED, CORE_SECRET_KEY_WRONG
 */
export async function restoreBackup (file: string, backup: string, { secretKey, key, asItWas = false, amend = (metadata) => metadata, note, force = false }: RestoreOptions = {}): Promise<BackupSummary> {
  const ring = deriveKeys(secretKey)
  const keys = readBackupKeys(key)
  const target = resolve(file)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  if (isRestoreDecided(target)) finishRestore(target)
  removeLeftovers(target)
  // Asked first, so that nobody waits for a refusal; what counts is the answer at the end.
  holdAll(target, force)()
  const prepared = mkdtempSync(`${target}-restoring-`)
  try {
    const manifest = await unpack(backup, {
      ring,
      keys,
      amend: asItWas ? undefined : amend,
      note,
      pathOf: (app) => join(prepared, basename(target) + (app === PUBLIC ? '' : `-app-${app}`)),
      owner: existsSync(target) ? target : dirname(target)
    })
    const end = holdAll(target, force)
    try {
      decideRestore(target, prepared)
      finishRestore(target)
    } finally {
      end()
    }
    return summaryOf(manifest)
  } finally {
    rmSync(prepared, { recursive: true, force: true })
  }
}

interface Unpacking {
  ring: KeyRing
  keys: readonly string[]
  /** Undefined where nothing is to be forgotten. */
  amend: RestoreOptions['amend']
  note: RestoreOptions['note']
  pathOf: (app: string) => string
  /** What has the user and the group that the files are to have. */
  owner: string
}

/** Leaves files that are whole, of this release's schema, and that open with the secret key. */
async function unpack (backup: string, { ring, keys, amend, note, pathOf, owner }: Unpacking): Promise<Manifest> {
  const manifest = await readContainer(createReadStream(backup) as AsyncIterable<Buffer>, {
    name: backup,
    keys,
    onManifest (manifest, isEncrypted) {
      if (manifest.schemaVersion > SCHEMA_VERSION) throw new CORE_FILE_TOO_NEW(backup, manifest.schemaVersion, SCHEMA_VERSION)
      // Whoever has the key of an encrypted backup has made it.
      if (ring.length > 0 && !isEncrypted && !isSigned(manifest, ring)) throw new CORE_BACKUP_UNSIGNED(backup)
    },
    onFile: (app, pieces) => pipeline(pieces, createWriteStream(pathOf(app), { flags: 'wx', mode: 0o600 }))
  })
  for (const { app } of manifest.files) await settle(pathOf(app), backup, ring, amend)
  const root = openStorage(pathOf(PUBLIC))
  const listed = root.all<{ app_id: string }>('SELECT app_id FROM apps').map((row) => row.app_id)
  if (note !== undefined) {
    const { userId, metadata } = note(summaryOf(manifest))
    mergeMetadata({ ...root, personal: readSealing(root, ring, backup).personal }, userId, metadata)
  }
  root.close()
  if ([...listed, PUBLIC].toSorted().join() !== manifest.files.map(({ app }) => app).toSorted().join()) throw new CORE_BACKUP_DAMAGED(backup, 'apps are missing')
  for (const { app } of manifest.files) {
    giveToOwner(pathOf(app), owner)
    syncFile(pathOf(app))
  }
  return manifest
}

async function settle (file: string, backup: string, ring: KeyRing, amend: RestoreOptions['amend']): Promise<void> {
  await inspect(file).catch((error: Error) => { throw new CORE_BACKUP_DAMAGED(backup, error.message) })
  const db = openStorage(file)
  try {
    const { personal } = readSealing(db, ring, backup)
    if (amend !== undefined) {
      forgetWhatIsSpent(db)
      amendMetadata({ ...db, personal }, amend)
      // What was deleted is not to be found in free pages either.
      db.run('VACUUM')
    }
  } finally {
    db.close()
  }
}

/** What root restores, the service's user has to be able to open. */
function giveToOwner (path: string, owner: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(owner)
  chownSync(path, uid, gid)
}

/** No Core can start on the public app's file until what is returned is called. @throws CORE_FILE_IN_USE, CORE_RESTORE_OVER */
function holdAll (target: string, force: boolean): () => void {
  const end = existsSync(target) ? holdFile(target) : undefined
  if (force || namesIn(dirname(target), basename(target)).length === 0) return end ?? (() => {})
  end?.()
  throw new CORE_RESTORE_OVER(target)
}

/** Of restores that were killed before they were decided. */
function removeLeftovers (target: string): void {
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}-restoring-`)) rmSync(join(dirname(target), name), { recursive: true })
  }
}
