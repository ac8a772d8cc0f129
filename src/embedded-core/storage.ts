import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CORE_FILE_IN_USE, CORE_FILE_UNUSABLE } from './errors.js'
import { migrate } from './schema.js'

// The built-in module where the runtime has it, else its drop-in: the same SQLite interface on every Node.
const driver = ['node:sqlite', '@photostructure/sqlite'].find((name) => isBuiltin(name) || !name.startsWith('node:')) as string
// By require: a top-level await here would keep CommonJS apps from requiring the whole package.
const { DatabaseSync: Database } = createRequire(import.meta.url)(driver) as typeof import('node:sqlite')

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

export function openStorage (file: string): Storage {
  const db = open(file)
  const statements = new Map<string, StatementSync>()
  let inTransaction = false

  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }

  return {
    get: <R>(sql: string, ...values: Value[]) => prepare(sql).get(...values) as R | undefined,
    all: <R>(sql: string, ...values: Value[]) => prepare(sql).all(...values) as R[],
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    transaction (work) {
      if (inTransaction) return work()
      inTransaction = true
      prepare('BEGIN IMMEDIATE').run()
      try {
        const result = work()
        prepare('COMMIT').run()
        return result
      } catch (error) {
        // A full disk makes SQLite roll back by itself: then there is nothing left to roll back.
        if (db.isTransaction) prepare('ROLLBACK').run()
        throw error
      } finally {
        inTransaction = false
      }
    },
    close: () => release(db)
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

function open (file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new Database(file, { timeout: 500 })
    // Exclusive locking is taken before WAL is first touched, so the lock is the operating system's on the file itself:
    // it dies with its owner, even by kill -9, and no pid file can go stale.
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      BEGIN EXCLUSIVE;
      COMMIT`)
    migrate(db, file)
    return db
  } catch (error) {
    if (db !== undefined) release(db)
    const { code, errcode, message } = error as Error & { code?: string, errcode?: number }
    if (code?.startsWith('CORE_')) throw error
    if (errcode === SQLITE_BUSY) throw new CORE_FILE_IN_USE(file)
    throw new CORE_FILE_UNUSABLE(file, message)
  }
}
