import { createEmbeddedCore } from '../../src/embedded-core/index.js'

// A Core in a process of its own, which ends with its parent.
const core = await createEmbeddedCore(JSON.parse(process.argv[2]!))
process.send!(core.connectionURI)
process.on('disconnect', () => { process.exit() })
