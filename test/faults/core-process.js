import { createEmbeddedCore } from '../../dist/src/embedded-core/index.js'

// A Core in a process of its own, which ends with its parent. What is built starts in a fraction of the time.
const core = await createEmbeddedCore(JSON.parse(process.argv[2]))
process.send(core.connectionURI)
process.on('disconnect', () => { process.exit() })
