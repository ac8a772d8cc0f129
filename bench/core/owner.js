import { performance } from 'node:perf_hooks'

// A process of its own, as a Core alone would be: [library, options as JSON]. Tells when it is ready and, asked, what it holds in memory and has computed.
const [, , library, options] = process.argv
const { createEmbeddedCore } = await import(library)
const before = performance.now()
const { connectionURI, apiKey, close } = await createEmbeddedCore(JSON.parse(options))
process.send({ connectionURI, apiKey, ready: performance.now(), own: performance.now() - before })
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', async (question) => {
  if (question === 'usage') return process.send({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage() })
  await close()
  process.disconnect()
})
