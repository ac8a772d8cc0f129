import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { Database } from '../embedded-core/drivers.js'

/** A Core on a file, whose tables can be read once it is closed. */
export async function fileCore (t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-admin-'))
  const file = join(folder, 'core.db')
  const core = await createEmbeddedCore({ file, port: false, durability: 'normal', config: { bcrypt_log_rounds: 4 }, maxHashWait: 0 })
  t.teardown(async () => {
    await core.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    core: { connectionURI: core.connectionURI, ...(core.apiKey !== undefined && { apiKey: core.apiKey }) },
    fetch: core.fetch,
    /** Closes the Core, and returns every row of every table, as text. */
    async dump (): Promise<string[]> {
      await core.close()
      const db = new Database(file, { readOnly: true })
      try {
        const tables = db.prepare('SELECT name FROM sqlite_schema WHERE type = \'table\'').all() as Array<{ name: string }>
        return tables.flatMap(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all().map((row) => `${name} ${JSON.stringify(row)}`))
      } finally {
        db.close()
      }
    }
  }
}
