import { importUsers } from '../../src/migrate/import-users.js'
import { KEY } from './helper.js'

// Run as a process of its own by the tests, which kill it.
const [file, connectionURI, stateFile] = process.argv.slice(2) as [string, string, string]
await importUsers({ file, connectionURI, apiKey: KEY, batch: 50, stateFile })
process.disconnect()
