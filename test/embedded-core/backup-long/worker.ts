import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

// Run as a process of its own by the tests: makes one call, and kills itself before so many changes of names on the disk.
const [name, before, ...args] = JSON.parse(process.argv[2] as string) as ['backupFile' | 'restoreBackup', number, string, string, object]
let changes = 0
for (const change of ['renameSync', 'linkSync', 'rmSync'] as const) {
  const original = fs[change] as (...args: unknown[]) => void
  fs[change] = ((...args: unknown[]) => {
    if (++changes === before) process.kill(process.pid, 'SIGKILL')
    original(...args)
  }) as never
}
syncBuiltinESMExports()
const embeddedCore = await import('../../../src/embedded-core/index.js')
await embeddedCore[name](...args)
process.exit(0)
