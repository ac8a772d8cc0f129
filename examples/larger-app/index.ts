import { buildApp } from './src/app.js'
import { readConfig } from './src/config.js'

const config = readConfig()
const app = await buildApp({ config, logger: { level: config.LOG_LEVEL } })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, async () => { await app.close() })
await app.listen({ port: config.PORT, host: config.HOST })
