import type { FastifyError, FastifyErrorConstructor } from '@fastify/error'
import { CORE_DISK_FAILING, CORE_DISK_FULL, CORE_FILE_READ_ONLY } from '../errors.js'

/** The disk failed, not the request. Nothing was written, and the request may be retried. */
export interface Trouble extends FastifyError {
  file: string
  /** Whether the trouble has just begun. All writes fail until it ends, and one line in the log is enough. */
  isNew: boolean
}

// By SQLite's primary result codes: SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL.
const KINDS = new Map<number, FastifyErrorConstructor>([[8, CORE_FILE_READ_ONLY], [10, CORE_DISK_FAILING], [13, CORE_DISK_FULL]])

export interface Watch {
  /** Runs the work and returns its result. Turns an error of the disk into `Trouble` with a code. */
  around <T> (work: () => T): T
  /** Whether the last write failed. */
  isInTrouble (): boolean
  /** To be called after a successful write: the next trouble is a new one. */
  written (): void
}

export function watchDisk (file: string): Watch {
  let now: string | undefined
  return {
    around (work) {
      try {
        return work()
      } catch (error) {
        const Kind = KINDS.get(((error as { errcode?: number }).errcode ?? 0) & 0xff)
        if (Kind === undefined) throw error
        const trouble = new Kind({ cause: error })
        const isNew = now !== trouble.code
        now = trouble.code
        throw Object.assign(trouble, { file, isNew })
      }
    },
    isInTrouble: () => now !== undefined,
    written () { now = undefined }
  }
}

export function isTrouble (error: Error): error is Trouble {
  return 'isNew' in error
}
