import type { FastifyError, FastifyErrorConstructor } from '@fastify/error'
import { CORE_DISK_FAILING, CORE_DISK_FULL, CORE_FILE_READ_ONLY } from '../errors.js'

/** The disk is at fault and not the request: nothing of it was kept, and it may be tried again. */
export interface Trouble extends FastifyError {
  file: string
  /** Whether it has just begun: whatever writes meanwhile meets the same, and one line in the log is enough. */
  isNew: boolean
}

// By SQLite's primary result codes: SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL.
const KINDS = new Map<number, FastifyErrorConstructor>([[8, CORE_FILE_READ_ONLY], [10, CORE_DISK_FAILING], [13, CORE_DISK_FULL]])

export interface Watch {
  /** Passes on what the work gives; an error of the disk gets its code. */
  around <T> (work: () => T): T
  /** Something was written: the next trouble is a new one. */
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
    written () { now = undefined }
  }
}

export function isTrouble (error: Error): error is Trouble {
  return 'isNew' in error
}
