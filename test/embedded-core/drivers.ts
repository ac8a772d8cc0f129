import { createRequire, isBuiltin } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'

type Driver = typeof DatabaseSync
const require = createRequire(import.meta.url)

/** All drivers this runtime has: the drop-in runs on every Node, the built-in module from 22 on. */
export const drivers: Array<[name: string, Database: Driver]> = ['node:sqlite', '@photostructure/sqlite']
  .filter((name) => isBuiltin(name) || !name.startsWith('node:'))
  .map((name) => [name, (require(name) as { DatabaseSync: Driver }).DatabaseSync])

export const [[, Database]] = drivers as [[string, Driver]]
