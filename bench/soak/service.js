import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../dist/src/config/load.js'
import { start } from '../../dist/src/server.js'

// Runs the built service with an embedded Core in its own process: [options as JSON]. Reports its memory and delays
// when asked. Needs --expose-gc.
const config = loadConfig({ PORT: '0', LOG_LEVEL: 'silent' })
const app = await start({ ...config, options: { ...config.options, ...JSON.parse(process.argv[2]) } })
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
// The parent process has ended.
process.on('disconnect', () => process.exit())
process.on('message', ({ collect }) => {
  const { rss, heapUsed } = process.memoryUsage()
  const sample = { rss, heapUsed, delayP99: delay.percentile(99) / 1e6, delayMax: delay.max / 1e6 }
  delay.reset()
  if (!collect) return process.send(sample)
  // Measure the reachable heap. The pause counts neither in the delays above nor in the next ones.
  globalThis.gc()
  process.send({ ...sample, live: process.memoryUsage().heapUsed })
  setImmediate(() => delay.reset())
})
// Starting up keeps the process busy, which counts as overload for a second afterwards.
await sleep(1500)
while (app.isUnderPressure()) await sleep(100)
process.send(app.server.address().port)
