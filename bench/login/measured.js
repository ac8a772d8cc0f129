import { subscribe } from 'node:diagnostics_channel'

/** Preloaded into every process that is measured: tells its CPU time, of all threads, and how many requests it has received. */
let requests = 0
subscribe('http.server.request.start', () => { requests++ })
process.on('message', (message) => {
  if (message !== 'usage') return
  const { user, system } = process.cpuUsage()
  process.send({ usage: { cpu: user + system, requests } })
})
// A process that is only preloaded with this ends with its own work.
process.channel.unref()
process.once('disconnect', () => process.exit())
