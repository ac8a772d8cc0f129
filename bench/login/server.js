/** A service process of the benchmark: starts one of `servers/` and tells the parent its port and its codes. */
const [name, config] = process.argv.slice(2)
const { start } = await import(`./servers/${name}.js`)
const { app, keepAlive } = await start(JSON.parse(config), (code) => { process.send({ code }) })
app.server.keepAliveTimeout = keepAlive ?? 600_000
await app.listen({ host: '127.0.0.1', port: 0 })
process.send({ port: app.server.address().port })
