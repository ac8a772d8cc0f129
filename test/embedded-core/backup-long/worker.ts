import { once } from 'node:events'
import * as embeddedCore from '../../../src/embedded-core/index.js'

// Run as a process of its own by the tests: makes one call when it is told to, and is killed meanwhile.
const [name, ...args] = JSON.parse(process.argv[2] as string) as ['backupFile' | 'restoreBackup', string, string, object]
process.send?.('ready')
await once(process, 'message')
await embeddedCore[name](...args)
process.exit(0)
