import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { pathTo } from '../root.js'
import { newFile } from './damage.js'
import { Database } from './drivers.js'

export const recordedByVersionOne = (name: string) => readFileSync(pathTo(`test/embedded-core/version-1/${name}`), 'utf8')

/** A file that the last release with schema version 1 has written, with that of its app `b`. */
export function fileOfVersionOne (t: Test, name: 'plain' | 'sealed' = 'plain'): string {
  const file = newFile(t)
  for (const app of ['', '-app-b']) {
    const db = new Database(file + app)
    db.exec(recordedByVersionOne(`${name}${app}.sql`))
    db.close()
  }
  return file
}
