import type { DatabaseSync } from 'node:sqlite'
import { orInstall } from '../../optional-package.js'

/** The built-in module where the runtime has it (Node 22.13), else a drop-in with the same interface. */
export async function loadSqlite (): Promise<typeof DatabaseSync> {
  const builtIn = process.getBuiltinModule('node:sqlite')
  if (builtIn !== undefined) return builtIn.DatabaseSync
  const { DatabaseSync: Database } = await import('@photostructure/sqlite').catch(orInstall('@photostructure/sqlite', 'audit.webhook.outbox.file'))
  return Database as unknown as typeof DatabaseSync
}
