import { createEmbeddedCore } from '../../src/embedded-core/index.js'

// Run as a process of its own by the tests: owns the file it is given until it is ended.
const core = await createEmbeddedCore({ file: process.argv[2] as string, config: { bcrypt_log_rounds: 4 } })
process.send?.({ connectionURI: core.connectionURI, apiKey: core.apiKey })
