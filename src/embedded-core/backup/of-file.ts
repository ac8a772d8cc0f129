import { existsSync } from 'node:fs'
import { CORE_FILE_UNUSABLE } from '../errors.js'
import { deriveKeys, type KeyRing } from '../storage/key-ring.js'
import { openStorage, type Storage } from '../storage/storage.js'
import { readSealing } from '../storage/vault.js'
import { PUBLIC } from '../tenants/apps.js'
import { createSnapshots } from './snapshot.js'
import { askForBackup } from './socket.js'
import { writeBackup, type BackupOptions, type BackupSummary } from './write.js'

export interface FileBackupOptions extends BackupOptions {
  /** As for `createEmbeddedCore`. Needed where no Core is running and the secrets in the file are encrypted. @default none */
  secretKey?: string | string[] | undefined
}

/**
 * Backs up the file of an embedded Core, with those of its apps. A Core of another process that owns it may go on: it is
 * asked for the backup, if it has a `backupSocket`.
 *
 * @throws CORE_BACKUP_EXISTS, CORE_BACKUP_FAILED, CORE_FILE_IN_USE, CORE_FILE_UNUSABLE, CORE_FILE_TOO_NEW, CORE_SECRET_KEY_REQUIRED,
 * CORE_SECRET_KEY_WRONG
 */
export async function backupFile (file: string, path: string, { secretKey, ...options }: FileBackupOptions = {}): Promise<BackupSummary> {
  return await writeBackup(path, streamOf(file, secretKey), options)
}

async function * streamOf (file: string, secretKey: FileBackupOptions['secretKey']): AsyncGenerator<Buffer> {
  if (!existsSync(file)) throw new CORE_FILE_UNUSABLE(file, 'it does not exist, or this user may not read it')
  const opened = openAll(file, deriveKeys(secretKey))
  if (opened === undefined) return yield * askForBackup(file)
  try {
    yield * createSnapshots({ file, ...opened, now: () => Date.now() }).stream()
  } finally {
    for (const { db } of opened.apps.list()) db.close()
  }
}

/** The files as they are: neither migrated nor encrypted. Undefined if a Core owns them. */
function openAll (file: string, ring: KeyRing): { apps: { list: () => Array<{ id: string, db: Storage }> }, ring: KeyRing } | undefined {
  const all: Array<{ id: string, db: Storage }> = []
  const open = (id: string, path: string): Storage => {
    const db = openStorage(path, { asIs: true })
    all.push({ id, db })
    readSealing(db, ring, path)
    return db
  }
  try {
    const root = open(PUBLIC, file)
    for (const { app_id: id } of root.all<{ app_id: string }>('SELECT app_id FROM apps')) open(id, `${file}-app-${id}`)
    return { apps: { list: () => all }, ring }
  } catch (error) {
    for (const { db } of all) db.close()
    if ((error as { code?: string }).code === 'CORE_FILE_IN_USE') return undefined
    throw error
  }
}
