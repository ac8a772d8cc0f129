import type { DatabaseSync } from 'node:sqlite'
import { STEPS } from '../../src/embedded-core/storage/schema.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { Database } from './drivers.js'

// Run as a process of its own by the tests: it is killed in the middle of a step that it takes on the file it is given.
function Dying (...args: ConstructorParameters<typeof DatabaseSync>): DatabaseSync {
  const db = new Database(...args)
  db.function('die', () => { process.kill(process.pid, 'SIGKILL'); return null })
  return db
}

openStorage(process.argv[2] as string, {
  Database: Dying as unknown as typeof DatabaseSync,
  steps: [...STEPS, 'CREATE TABLE half (a TEXT) STRICT; UPDATE users SET email = \'lost\'; SELECT die()']
})
