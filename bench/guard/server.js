/** A server process of the benchmark: starts what it is named, and tells how much CPU time it has used, all threads together. */
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
