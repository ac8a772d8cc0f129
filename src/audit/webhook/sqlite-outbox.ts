import { closeSync, existsSync, openSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { AuditSinkUnusable } from '../../errors.js'
import type { AuditEvent } from '../event.js'
import { RANKS, typeOf } from '../event-types.js'
import { NoRoom } from '../sinks/sink.js'
import { DROPPED_AT_ONCE, droppedEvent, type Entry, type Outbox, summarise } from './outbox.js'
import { loadSqlite } from './sqlite.js'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    rank INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    time INTEGER NOT NULL,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS outbox_by_rank ON outbox (rank, refused DESC, position);
  CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (refused, position);
  UPDATE outbox SET refused = 0 WHERE refused = 1;`

const SQLITE_BUSY = 5
/** A predecessor that is just ending has the file. */
const WAIT_MS = 5000

interface Row { position: number, event: string }

async function open (path: string): Promise<DatabaseSync> {
  const Database = await loadSqlite()
  for (const deadline = Date.now() + WAIT_MS; ; await sleep(100)) {
    let db: DatabaseSync | undefined
    try {
      // Only this user may read who signed in from where. The log of SQLite inherits the file's mode.
      if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
      db = new Database(path)
      // The lock is the operating system's and ends with its owner, even on kill -9.
      db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`)
      return db
    } catch (err) {
      db?.close()
      const { errcode, code, message } = err as Error & { errcode?: number, code?: string }
      if (errcode === SQLITE_BUSY && Date.now() < deadline) continue
      const why = errcode === SQLITE_BUSY
        ? 'another process uses it. Give each process an outbox of its own, or share one in Redis'
        : code === 'ENOENT' ? 'its directory does not exist. Create it, owned by the user who runs the service' : message
      throw new AuditSinkUnusable('webhook', `${path}: ${why}`, { cause: err })
    }
  }
}

/**
 * An outbox in a SQLite file of this process. Writing is synchronous: an event is with the operating system before the
 * answer leaves. A power cut may undo the newest ones.
 *
 * @throws AUTH_AUDIT_SINK_UNUSABLE
 */
export async function openSqliteOutbox (path: string, most: number): Promise<Outbox> {
  const db = await open(path)
  const listeners: Array<() => void> = []
  const statements = new Map<string, StatementSync>()
  const sql = (text: string): StatementSync => {
    const known = statements.get(text) ?? db.prepare(text)
    statements.set(text, known)
    return known
  }
  const countOf = (refused: number): number => (sql('SELECT count(*) AS n FROM outbox WHERE refused = ?').get(refused) as { n: number }).n
  let waiting = countOf(0)
  let refused = 0
  let dropped = 0

  function transaction (work: () => void): void {
    sql('BEGIN IMMEDIATE').run()
    try {
      work()
      sql('COMMIT').run()
    } catch (err) {
      // On a full disk SQLite rolls back by itself.
      if (db.isTransaction) sql('ROLLBACK').run()
      throw err
    } finally {
      waiting = countOf(0)
      refused = countOf(1)
    }
  }

  function insert (event: AuditEvent, rank: number): void {
    sql('INSERT INTO outbox (rank, time, event) VALUES (?, ?, ?)').run(rank, Date.parse(event.time), JSON.stringify(event))
  }

  /** Drops the oldest of the lowest rank, at most of that of the new event, and says how many they were. */
  function makeRoom (rank: number): void {
    const lowest = sql('SELECT min(rank) AS rank FROM outbox').get() as { rank: number }
    if (lowest.rank > rank || (lowest.rank === rank && rank === RANKS.length - 1)) throw new NoRoom('the outbox is full of events of a higher rank')
    const rows = sql('SELECT position, event FROM outbox WHERE rank = ? ORDER BY refused DESC, position LIMIT ?').all(lowest.rank, DROPPED_AT_ONCE) as unknown as Row[]
    transaction(() => {
      for (const { position } of rows) sql('DELETE FROM outbox WHERE position = ?').run(position)
      for (const one of summarise(rows.map(({ event }) => JSON.parse(event) as AuditEvent))) insert(droppedEvent(one), Math.min(lowest.rank + 1, RANKS.length - 1))
    })
    dropped += rows.length
  }

  return {
    poll: undefined,
    add (event) {
      const rank = RANKS.indexOf(typeOf(event.type).rank)
      if (waiting + refused >= most) makeRoom(rank)
      insert(event, rank)
      waiting++
      for (const listener of listeners) listener()
    },
    async oldest (count) {
      const rows = sql('SELECT position, event FROM outbox WHERE refused = 0 ORDER BY position LIMIT ?').all(count) as unknown as Row[]
      return rows.map(({ position, event }) => ({ key: String(position), event: JSON.parse(event) as AuditEvent }))
    },
    async remove ({ key }: Entry) {
      waiting -= Number(sql('DELETE FROM outbox WHERE position = ?').run(Number(key)).changes)
    },
    async setAside ({ key }: Entry) {
      const changed = Number(sql('UPDATE outbox SET refused = 1 WHERE position = ?').run(Number(key)).changes)
      waiting -= changed
      refused += changed
    },
    figures () {
      const oldest = waiting === 0 ? undefined : sql('SELECT time FROM outbox WHERE refused = 0 ORDER BY position LIMIT 1').get() as { time: number } | undefined
      return { waiting, refused, dropped, oldest: oldest?.time }
    },
    onAdded (listener) { listeners.push(listener) },
    async close () {
      // The driver keeps a closed file locked until its statements are collected, so release the lock first. If that
      // fails,
      // nothing is lost: the next start reads the log of SQLite again.
      try {
        db.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT 1 FROM outbox LIMIT 1')
      } catch {}
      db.close()
    }
  }
}
