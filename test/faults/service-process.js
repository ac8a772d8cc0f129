import { loadConfig } from '../../dist/src/config.js'
import { start } from '../../dist/src/server.js'

// The service with its signal handlers and all, in a process of its own, which ends with its parent. How busy the machine is, is not the matter.
const config = loadConfig({ PORT: '0', LOG_LEVEL: process.env.FAULTS_LOG_LEVEL ?? 'silent' })
const app = await start({ ...config, options: { ...config.options, maxEventLoopDelay: 0, ...JSON.parse(process.argv[2]) } })
process.send(`http://127.0.0.1:${app.server.address().port}`)
process.on('disconnect', () => { process.exit() })
