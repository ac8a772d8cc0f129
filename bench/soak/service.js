import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../dist/src/config/load.js'
import { start } from '../../dist/src/server.js'

// The built service with an embedded Core, in a process of its own: [options as JSON]. Asked, it tells what it holds; run with --expose-gc.
const config = loadConfig({ PORT: '0', LOG_LEVEL: 'silent' })
const app = await start({ ...config, options: { ...config.options, ...JSON.parse(process.argv[2]) } })
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', ({ collect }) => {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const sample = { rss, heapUsed, cpu: (user + system) / 1000, delayP99: delay.percentile(99) / 1e6, delayMax: delay.max / 1e6 }
  delay.reset()
  if (!collect) return process.send(sample)
  // What is reachable; the pause is not in the delays above, nor in those below.
  globalThis.gc()
  process.send({ ...sample, live: process.memoryUsage().heapUsed })
  setImmediate(() => delay.reset())
})
// Starting up keeps the process busy, which counts as overload for the second that follows.
await sleep(1500)
while (app.isUnderPressure()) await sleep(100)
process.send(app.server.address().port)
