import { closeSync, existsSync, openSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CORE_FILE_IN_USE, CORE_FILE_TOO_NEW, CORE_FILE_TOO_OLD, CORE_FILE_UNUSABLE } from '../errors.js'
import { migrate, SCHEMA_VERSION, STEPS } from './schema.js'
import { watchDisk } from './disk-trouble.js'

// The built-in module where the runtime has it, else its drop-in: the same SQLite interface on every Node.
const driver = ['node:sqlite', '@photostructure/sqlite'].find((name) => isBuiltin(name) || !name.startsWith('node:')) as string
// By require: a top-level await here would keep CommonJS apps from requiring the whole package.
const { DatabaseSync: AnyDatabase } = createRequire(import.meta.url)(driver) as typeof import('node:sqlite')

// Nothing but these is ever bound. Strings must not hold NUL: the driver binds up to the first one, so that
// "victim\0x" would mean "victim". The readers in input.ts refuse them.
export type Value = string | number | null
export type Row = Record<string, Value>

/** All that the recipes know of SQLite. Synchronous on purpose: between BEGIN and COMMIT nothing else can run. */
export interface Storage {
  get <R = Row> (sql: string, ...values: Value[]): R | undefined
  all <R = Row> (sql: string, ...values: Value[]): R[]
  /** Returns the number of rows it changed. */
  run (sql: string, ...values: Value[]): number
  /** All or nothing; inside another transaction it is part of that one. Must not be given an async function. */
  transaction <T> (work: () => T): T
  close (): void
}

const SQLITE_BUSY = 5

export interface StorageOptions {
  /** @default the built-in module, where there is one */
  Database?: typeof DatabaseSync
  /** @default all there are */
  steps?: readonly string[]
}

export function openStorage (file: string, options: StorageOptions = {}): Storage {
  const db = open(file, options)
  return storageOn(db, file, () => release(db))
}

/**
 * A file as it is at this moment, to be read only: it is not even brought up to a newer schema. While a Core owns the file
 * there is no reading it, and while it is read no Core can own it.
 */
export function openSnapshot (file: string): Storage {
  let db: DatabaseSync | undefined
  try {
    db = new AnyDatabase(file, { readOnly: true, timeout: 500 })
    const opened = db
    // All reading is one transaction, which the first read begins.
    db.exec('BEGIN')
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > SCHEMA_VERSION) throw new CORE_FILE_TOO_NEW(file, version, SCHEMA_VERSION)
    if (version < SCHEMA_VERSION) throw new CORE_FILE_TOO_OLD(file, version, SCHEMA_VERSION)
    return storageOn(db, file, () => abandon(opened))
  } catch (error) {
    if (db !== undefined) abandon(db)
    throw explained(error as Error, file)
  }
}

/** As for `release`: the lock has to be given up before. */
function abandon (db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK')
  db.close()
}

function storageOn (db: DatabaseSync, file: string, close: () => void): Storage {
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
      // A full disk makes SQLite roll back by itself: then there is nothing left to roll back.
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
    close
  }
}

/**
 * The driver keeps a closed file locked until its statements are garbage: so the lock is given up before. Where that
 * fails (a full disk, a file that is none of ours) nothing is lost: the log is read again at the next start.
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

function open (file: string, { Database = AnyDatabase, steps = STEPS }: StorageOptions): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    // Hashes and phone numbers are nobody else's business on this machine. The log gets the mode of the file.
    if (file !== ':memory:' && !existsSync(file)) closeSync(openSync(file, 'a', 0o600))
    db = new Database(file, { timeout: 500 })
    // Exclusive locking is taken before WAL is first touched, so the lock is the operating system's on the file itself:
    // it dies with its owner, even by kill -9, and no pid file can go stale.
    // The cache holds the inner pages of a million users' indexes, and the log is moved into the file every 32 MB: every 4, as
    // is the default, most slow answers of a large file are those that wait for it.
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 8000;
      PRAGMA foreign_keys = ON;
      BEGIN EXCLUSIVE;
      COMMIT`)
    migrate(db, file, steps)
    return db
  } catch (error) {
    if (db !== undefined) release(db)
    throw explained(error as Error, file)
  }
}

/** An error of SQLite or the file system, by our codes. */
export function explained (error: Error & { code?: string, errcode?: number }, file: string): Error {
  if (error.code?.startsWith('CORE_')) return error
  return error.errcode === SQLITE_BUSY ? new CORE_FILE_IN_USE(file) : new CORE_FILE_UNUSABLE(file, error.message)
}
