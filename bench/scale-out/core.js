import { createEmbeddedCore } from '../../dist/src/embedded-core/index.js'

// A Core in a process of its own: [options as JSON]. Says its CPU time when asked, and ends with its parent.
const core = await createEmbeddedCore(JSON.parse(process.argv[2]))
process.on('disconnect', () => process.exit())
process.on('message', () => process.send(process.cpuUsage()))
process.send(core.connectionURI)
