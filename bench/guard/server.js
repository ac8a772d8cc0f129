/** A server process of the benchmark. Starts the named server and reports its CPU time, of all threads. */
const [name] = process.argv.slice(2)
const { start } = await import(`./servers/${name}.js`)

process.once('message', async (config) => {
  process.send({ ready: await start(config) })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send({ cpu: user + system })
  })
})
process.once('disconnect', () => process.exit())
