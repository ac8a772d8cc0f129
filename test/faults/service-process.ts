import type { AddressInfo } from 'node:net'
import { loadConfig } from '../../src/config/load.js'
import { start } from '../../src/server.js'

// The service with its signal handlers and all, in a process of its own, which ends with its parent. A busy machine is not what is tested.
const config = loadConfig({ PORT: '0', LOG_LEVEL: process.env.FAULTS_LOG_LEVEL ?? 'silent' })
const app = await start({ ...config, options: { ...config.options, maxEventLoopDelay: 0, ...JSON.parse(process.argv[2]!) } })
process.send!(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
process.on('disconnect', () => { process.exit() })
