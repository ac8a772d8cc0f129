import { loadConfig } from '../../dist/src/config/load.js'
import { start } from '../../dist/src/server.js'

// A replica of the built service: [options as JSON]. Says its CPU time when asked, and ends with its parent.
const config = loadConfig({ PORT: '0', LOG_LEVEL: 'silent' })
const app = await start({ ...config, options: { ...config.options, maxEventLoopDelay: 0, ...JSON.parse(process.argv[2]) } })
process.on('disconnect', () => process.exit())
process.on('message', () => process.send(process.cpuUsage()))
process.send(app.server.address().port)
