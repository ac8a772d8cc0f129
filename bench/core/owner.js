import { performance } from 'node:perf_hooks'

// Runs a Core in its own process: [library, options as JSON]. Reports when it is ready and, when asked, its memory and
// CPU time.
const [, , library, options] = process.argv
const { createEmbeddedCore } = await import(library)
const before = performance.now()
const { connectionURI, apiKey, close } = await createEmbeddedCore(JSON.parse(options))
process.send({ connectionURI, apiKey, own: performance.now() - before })
// The parent process has ended.
process.on('disconnect', () => process.exit())
process.on('message', async (question) => {
  if (question === 'usage') return process.send({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage() })
  await close()
  process.disconnect()
})
