import { randomUUID } from 'node:crypto'

const STEP = 50_000
export const FIRST_JOINED = 1_700_000_000_000

/**
 * Inserts users with a password as the Core writes them, then a session for each. Returns their size on disk in bytes.
 */
export function populate (db, count, passwordHash) {
  // The file is disposable, so do not wait for the disk. The large cache keeps the index trees, which grow at random
  // places, in memory.
  db.all('PRAGMA synchronous = OFF')
  db.all('PRAGMA cache_size = -1000000')
  const pages = () => db.get('PRAGMA page_count').page_count * db.get('PRAGMA page_size').page_size
  const ids = []
  const empty = pages()
  const inSteps = (insert) => {
    for (let from = 0; from < count; from += STEP) {
      db.transaction(() => { for (let index = from; index < Math.min(from + STEP, count); index++) insert(index) })
    }
  }
  inSteps((index) => {
    const id = randomUUID()
    ids.push(id)
    const joined = FIRST_JOINED + index
    db.run('INSERT INTO users (user_id, primary_id, recipe, time_joined, email, password_hash) VALUES (?, ?, \'emailpassword\', ?, ?, ?)', id, id, joined, `user-${index}@example.com`, passwordHash)
    db.run('INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES (\'public\', ?, ?, ?, \'emailpassword\')', id, id, joined)
  })
  const withUsers = pages()
  const expiry = Date.now() + 8_640_000_000
  inSteps((index) => {
    db.run('INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at) VALUES (?, \'public\', ?, ?, \'{}\', \'{}\', 0, ?, ?)',
      randomUUID(), ids[index], randomUUID().replaceAll('-', '').repeat(2), Date.now(), expiry + index)
    db.run('INSERT INTO active_users (user_id, last_active) VALUES (?, ?)', ids[index], FIRST_JOINED + index)
  })
  return { perUser: (withUsers - empty) / count, perSession: (pages() - withUsers) / count }
}
