import { createEmbeddedCore, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'

// Run as a process of its own by the tests: owns the file it is given until it is ended.
const [, , file, durability = 'full'] = process.argv as [string, string, string, EmbeddedCoreOptions['durability']?]
const core = await createEmbeddedCore({ file, durability, config: { bcrypt_log_rounds: 4 } })
process.send?.({ connectionURI: core.connectionURI, apiKey: core.apiKey })
