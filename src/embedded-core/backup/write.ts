import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CORE_BACKUP_EXISTS, CORE_BACKUP_FAILED } from '../errors.js'
import { syncFile } from '../storage/files.js'
import { type Manifest, readContainer } from './container.js'
import { encrypt, readBackupKeys } from './encryption.js'

export interface BackupOptions {
  /** Encrypts the backup. At least 32 characters. Of several, separated by commas or as a list, the first. @default none */
  key?: string | string[] | undefined
  /** Whether to overwrite a file of that name. @default false */
  force?: boolean
}

export interface BackupSummary {
  /** When it was begun. All that was acknowledged before is in it. */
  createdAt: Date
  users: number
  apps: number
  schemaVersion: number
}

/**
 * Writes a backup under another name, reads it again, and gives it its name only then. Whatever happens, a file of that name
 * is a whole one.
 *
 * @throws CORE_BACKUP_EXISTS, CORE_BACKUP_FAILED, CORE_OPTION_INVALID
 */
export async function writeBackup (path: string, source: AsyncIterable<Buffer>, { key, force = false }: BackupOptions): Promise<BackupSummary> {
  const keys = readBackupKeys(key)
  if (!force && existsSync(path)) throw new CORE_BACKUP_EXISTS(path)
  if (!existsSync(dirname(path))) throw new CORE_BACKUP_FAILED(`the directory ${dirname(path)} does not exist. Create it first`)
  const unfinished = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.unfinished`)
  try {
    const handle = await open(unfinished, 'wx', 0o600)
    await pipeline(keys[0] === undefined ? source : encrypt(source, keys[0]), handle.createWriteStream())
    syncFile(unfinished)
    const manifest = await readContainer(createReadStream(unfinished) as AsyncIterable<Buffer>, { name: path, keys })
    place(unfinished, path, force)
    return summaryOf(manifest)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw failureOf(error as Error)
  }
}

export function summaryOf ({ createdAt, users, files, schemaVersion }: Manifest): BackupSummary {
  return { createdAt: new Date(createdAt), users, apps: files.length, schemaVersion }
}

/** A second name fails where there is a file of that name, so nothing that came meanwhile is overwritten. */
function place (unfinished: string, path: string, force: boolean): void {
  if (!force) {
    try {
      linkSync(unfinished, path)
    } catch (error) {
      // Some file systems, such as those of memory cards, have no second names.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) throw new CORE_BACKUP_EXISTS(path)
      renameSync(unfinished, path)
    }
    rmSync(unfinished, { force: true })
  } else renameSync(unfinished, path)
  syncFile(dirname(path))
}

/** What the disk says has no code of ours. */
function failureOf (error: Error & { code?: string }): Error {
  return error.code?.startsWith('CORE_') === true ? error : new CORE_BACKUP_FAILED(error.message, { cause: error })
}
