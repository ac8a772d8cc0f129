import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import nodeModule from 'node:module'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CORE_BACKUP_FAILED, CORE_FILE_IN_USE, CORE_FILE_TOO_NEW, CORE_FILE_TOO_OLD, CORE_FILE_UNUSABLE } from '../errors.js'
import { createCopier } from './copy.js'
import { watchDisk } from './disk-trouble.js'
import { unsealed, type Personal } from './personal.js'
import { reasonAgainst } from './unusable.js'
import { migrate, SCHEMA_VERSION, STEPS, type Migrated } from './schema.js'

// The built-in module if the runtime has it, else a drop-in with the same interface. Both are loaded by `require`: with a
// top-level await here, CommonJS apps could not require the package. Nothing here is called `createRequire`, since
// bundlers are told to put that name in front of their output (docs/plugins.md).
const { DatabaseSync: AnyDatabase } = process.getBuiltinModule('node:sqlite') ??
  nodeModule.createRequire(import.meta.url)('@photostructure/sqlite') as typeof import('node:sqlite')

/** For threads, which load it themselves. Undefined if the runtime has it. */
export function driverPath (): string | undefined {
  return process.getBuiltinModule('node:sqlite') === undefined ? nodeModule.createRequire(import.meta.url).resolve('@photostructure/sqlite') : undefined
}

// The only types that are ever bound. Strings must not hold a NUL: the driver binds the text up to the first one, so
// that "victim\0x" would mean "victim". The readers in input/ refuse such strings.
export type Value = string | number | null
export type Row = Record<string, Value>

/** All that the recipes see of SQLite. Synchronous on purpose: nothing else can run between BEGIN and COMMIT. */
export interface Storage {
  get <R = Row> (sql: string, ...values: Value[]): R | undefined
  all <R = Row> (sql: string, ...values: Value[]): R[]
  /** Returns the number of changed rows. */
  run (sql: string, ...values: Value[]): number
  /** All or nothing. Inside another transaction it becomes part of that one. `work` must not be async. */
  transaction <T> (work: () => T): T
  /**
   * Whether the file can be written, as far as is known: once a write has failed, each call tries one. Without that, nobody
   * would write to a Core that is no longer asked, and so nobody would find out that the disk has room again.
   */
  isWritable (): boolean
  /** Writes a copy of what is committed now to a new file, while everything else goes on. Only a file can be copied. */
  copyTo (target: string): Promise<void>
  /** Empties the log, in which deleted and overwritten values are still to be read. */
  cutLog (): void
  /** How personal data in the file is written. */
  readonly personal: Personal
  close (): void
}

/**
 * Owns a file without reading it further, so that no Core can start on it: returns what ends that. The log is moved into
 * the file. Undefined if it is not a database that can be used.
 *
 * @throws CORE_FILE_IN_USE
 */
export function holdFile (file: string): (() => void) | undefined {
  const { size } = statSync(file)
  // SQLite would delete the log of such a file, and with it what may be left.
  if (size > 0 && size < SMALLEST) return undefined
  let db: DatabaseSync | undefined
  try {
    db = new AnyDatabase(file, { timeout: 500 })
    const held = db
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    return () => abandon(held)
  } catch (error) {
    if (db !== undefined) abandon(db)
    const reason = explained(error as Error, file) as Error & { code: string }
    if (reason.code === 'CORE_FILE_IN_USE') throw reason
    return undefined
  }
}

const SQLITE_BUSY = 5
/** Bytes of the smallest page. */
const SMALLEST = 512

/**
 * What a power cut, or a crash of the operating system, may undo of what was acknowledged: nothing, or the newest writes.
 * Either way the file stays whole, and a crash of this process undoes nothing.
 */
export type Durability = 'full' | 'normal'

/** Pages. The log is moved into the file when it has as many, and cut back to them if one transaction made it longer. */
const LOG_PAGES = 8000
const PAGE_BYTES = 4096

export interface StorageOptions {
  /** @default the built-in module, if there is one */
  Database?: typeof DatabaseSync
  /** @default 'full' */
  durability?: Durability
  /** Migration steps. @default all */
  steps?: readonly string[]
  /** Whether a file of an earlier release stays one. @default false */
  asIs?: boolean
  /** The name for a copy of a file as it was before it is migrated. @default no copy */
  copyName?: (version: number) => string
  /** Called once a file of an earlier release has been migrated. */
  onMigrated?: (migrated: Migrated) => void
}

/**
 * Opens a file, creates it if it is missing, and migrates it.
 *
 * @throws CORE_FILE_IN_USE, CORE_FILE_UNUSABLE, CORE_FILE_TOO_NEW
 */
export function openStorage (file: string, options: StorageOptions = {}): Storage {
  const db = open(file, options)
  const copier = createCopier(db, file, LOG_PAGES)
  const close = (): void => {
    release(db)
    copier.close()
  }
  return storageOn(db, file, { close, copyTo: copier.copyTo, cutLog: copier.cutLog })
}

/**
 * Opens a file for reading only, without migrating it. A file that a Core owns cannot be opened, and a Core cannot
 * own a file that is open here.
 *
 * @throws CORE_FILE_IN_USE, CORE_FILE_UNUSABLE, CORE_FILE_TOO_NEW, CORE_FILE_TOO_OLD
 */
export function openSnapshot (file: string): Storage {
  let db: DatabaseSync | undefined
  try {
    db = new AnyDatabase(file, { readOnly: true, timeout: 500 })
    const opened = db
    // One transaction for all reads, so that they see one snapshot. The first read begins it.
    db.exec('BEGIN')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > SCHEMA_VERSION) throw new CORE_FILE_TOO_NEW(file, version, SCHEMA_VERSION)
    if (version < SCHEMA_VERSION) throw new CORE_FILE_TOO_OLD(file, version, SCHEMA_VERSION)
    return storageOn(db, file, { close: () => { abandon(opened) }, copyTo: unable, cutLog: () => {} })
  } catch (error) {
    if (db !== undefined) abandon(db)
    throw explained(error as Error, file)
  }
}

async function unable (): Promise<never> {
  throw new CORE_BACKUP_FAILED('what is only read cannot be copied')
}

/** As in `release`, the lock has to be released before the file is closed. */
function abandon (db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK')
  db.close()
}

function storageOn (db: DatabaseSync, file: string, { close, copyTo, cutLog }: Pick<Storage, 'close' | 'copyTo' | 'cutLog'>): Storage {
  const statements = new Map<string, StatementSync>()
  const disk = watchDisk(file)
  let inTransaction = false
  let changes = 0

  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }

  const transaction = <T>(work: () => T): T => {
    inTransaction = true
    changes = 0
    try {
      prepare('BEGIN IMMEDIATE').run()
      const result = work()
      prepare('COMMIT').run()
      if (changes > 0) disk.written()
      return result
    } finally {
      // On a full disk SQLite rolls back by itself.
      if (db.isTransaction) prepare('ROLLBACK').run()
      inTransaction = false
    }
  }

  return {
    get: <R>(sql: string, ...values: Value[]) => disk.around(() => prepare(sql).get(...values)) as R | undefined,
    all: <R>(sql: string, ...values: Value[]) => disk.around(() => prepare(sql).all(...values)) as R[],
    run: (sql, ...values) => disk.around(() => {
      const changed = Number(prepare(sql).run(...values).changes)
      if (inTransaction) changes += changed
      else if (changed > 0) disk.written()
      return changed
    }),
    transaction: (work) => inTransaction ? work() : disk.around(() => transaction(work)),
    isWritable () {
      if (!disk.isInTrouble()) return true
      try {
        // Writes the first page, with the version that is there.
        disk.around(() => { db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`) })
        disk.written()
        return true
      } catch {
        return false
      }
    },
    copyTo,
    cutLog: () => { disk.around(cutLog) },
    personal: unsealed,
    close
  }
}

/**
 * The driver keeps a closed file locked until its statements are garbage-collected, so release the lock first. If
 * that fails (a full disk, a file that is not ours), nothing is lost: the next start reads the log again.
 */
function release (db: DatabaseSync): void {
  try {
    db.exec(`
      PRAGMA journal_mode = DELETE;
      PRAGMA locking_mode = NORMAL;
      SELECT 1 FROM sqlite_schema`)
  } catch {}
  db.close()
}

function open (file: string, { Database = AnyDatabase, durability = 'full', steps = STEPS, asIs, copyName, onMigrated }: StorageOptions): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    // Other users of this machine must not read hashes and phone numbers. The log inherits the file's mode.
    if (file !== ':memory:' && !existsSync(file)) closeSync(openSync(file, 'a', 0o600))
    db = new Database(file, { timeout: 500 })
    // Exclusive locking is set before WAL is first touched, so the lock is the operating system's lock on the file
    // itself. It ends with its owner, even on kill -9, and no pid file can go stale.
    //
    // The cache holds the inner index pages for a million users. The log is moved into the file every 32 MB: at the
    // default of 4 MB, most slow replies on a large file were waiting for that. Nobody else reads the file, so this never
    // has to wait for a reader, and the log begins anew each time, however many writes there are.
    //
    // What is deleted is overwritten: a person who asks to be forgotten (GDPR, article 17) must not stay in free pages.
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${durability};
      PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = ${LOG_PAGES};
      PRAGMA journal_size_limit = ${LOG_PAGES * PAGE_BYTES};
      PRAGMA secure_delete = ON;
      PRAGMA foreign_keys = ON;
      BEGIN EXCLUSIVE;
      COMMIT`)
    const migrated = migrate(db, file, { steps, asIs, copyName })
    if (migrated !== undefined) onMigrated?.(migrated)
    return db
  } catch (error) {
    if (db !== undefined) release(db)
    throw explained(error as Error, file)
  }
}

/** Turns an error of SQLite or the file system into one with our codes. */
export function explained (error: Error & { code?: string, errcode?: number }, file: string): Error {
  if (error.code?.startsWith('CORE_')) return error
  return error.errcode === SQLITE_BUSY ? new CORE_FILE_IN_USE(file) : new CORE_FILE_UNUSABLE(file, reasonAgainst(file, error))
}
