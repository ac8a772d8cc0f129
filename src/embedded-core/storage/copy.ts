import { closeSync, openSync, read as readAt } from 'node:fs'
import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { CORE_BACKUP_FAILED } from '../errors.js'

const read = promisify(readAt)
const CHUNK = 1 << 20

export interface Copier {
  /** Copies what is committed now. Reads and writes go on meanwhile. */
  copyTo (target: string): Promise<void>
  /** Moves the log into the file and empties it, unless a copy needs the file to stand still. */
  cutLog (): void
  /** Ends a copy that is under way. Call it once the database is closed. */
  close (): void
}

/**
 * Copies an open database. Its log is moved into the file first and not again until the copy is done: all that is written
 * meanwhile goes to the log alone, so the file stands still, at the very moment when the copy began. No write waits for the
 * copy, and none makes it begin anew.
 *
 * SQLite's own backup calls do less here: where the owner writes meanwhile, that of Node 24 fails, and each write waits
 * for that of the drop-in. `VACUUM INTO` stops everything else.
 */
export function createCopier (db: DatabaseSync, file: string, logPages: number): Copier {
  // Never closed before the database is: when a process closes any handle of a file, POSIX ends all of its locks on it.
  let source: number | undefined
  let closed = false
  let copies = 0

  const release = (): void => {
    if (source !== undefined) closeSync(source)
    source = undefined
  }

  return {
    async copyTo (target) {
      db.exec('PRAGMA wal_autocheckpoint = 0')
      copies++
      try {
        const moved = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }
        if (moved.busy !== 0) throw new CORE_BACKUP_FAILED('the log could not be moved into the file')
        source ??= openSync(file, 'r')
        await copy(source, target, () => closed)
      } finally {
        copies--
        if (closed) release()
        else if (copies === 0) db.exec(`PRAGMA wal_autocheckpoint = ${logPages}`)
      }
    },
    cutLog () {
      if (copies === 0) db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    },
    close () {
      closed = true
      if (copies === 0) release()
    }
  }
}

async function copy (source: number, target: string, isClosed: () => boolean): Promise<void> {
  const out = await open(target, 'wx', 0o600)
  try {
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (let at = 0; ;) {
      const { bytesRead } = await read(source, chunk, 0, CHUNK, at)
      if (isClosed()) throw new CORE_BACKUP_FAILED('the Core was closed, or the app removed')
      if (bytesRead === 0) break
      for (let written = 0; written < bytesRead;) written += (await out.write(chunk, written, bytesRead - written)).bytesWritten
      at += bytesRead
    }
    await out.sync()
  } finally {
    await out.close()
  }
}
