import { createServer } from 'node:http'

/** A service behind the proxy, which does as good as nothing. */
const shop = createServer((_request, response) => { response.setHeader('content-length', 2).end('ok') })
shop.keepAliveTimeout = 600_000
shop.listen(0, '127.0.0.1', () => { process.send({ port: shop.address().port }) })
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system })
})
process.once('disconnect', () => process.exit())
