import { Worker } from 'node:worker_threads'
import { CORE_BACKUP_FAILED } from '../errors.js'
import { driverPath } from '../storage/storage.js'

export interface Inspected {
  schemaVersion: number
  users: number
}

type Outcome = { trouble: string } | Inspected

/**
 * Reads every page of a file. In a thread of its own, since that takes seconds for a large one, and SQLite has no calls
 * that wait. As a text, since bundlers do not take along the file of a thread.
 */
const CODE = `
  const { parentPort, workerData: { file, driver } } = require('node:worker_threads')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') ?? require(driver)

  function inspect (db) {
    // Without a log, the file is complete by itself.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE')
    const problems = [
      ...db.prepare('PRAGMA integrity_check(3)').all().map((row) => row.integrity_check).filter((text) => text !== 'ok'),
      ...db.prepare('PRAGMA foreign_key_check').all().map((row) => 'a row of ' + row.table + ' refers to none')
    ]
    if (problems.length > 0) return { trouble: problems.slice(0, 3).join(', ') }
    const users = db.prepare('SELECT count(DISTINCT primary_id) AS users FROM user_tenants').get()
    return { schemaVersion: db.prepare('PRAGMA user_version').get().user_version, users: users.users }
  }

  try {
    const db = new DatabaseSync(file)
    try {
      parentPort.postMessage(inspect(db))
    } finally {
      db.close()
    }
  } catch (error) {
    parentPort.postMessage({ trouble: error.message })
  }
`

/** Checks a copy that nobody else has open, and makes one file of it. @throws CORE_BACKUP_FAILED */
export async function inspect (file: string): Promise<Inspected> {
  const outcome = await new Promise<Outcome>((resolve, reject) => {
    const worker = new Worker(CODE, { eval: true, execArgv: [], workerData: { file, driver: driverPath() } })
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => reject(new CORE_BACKUP_FAILED('the check of the copy has ended')))
  })
  if ('trouble' in outcome) throw new CORE_BACKUP_FAILED(`the copy is damaged (${outcome.trouble})`)
  return outcome
}
