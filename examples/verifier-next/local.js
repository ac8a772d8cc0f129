// Runs middleware.js and the routes without Next, with the requests and responses of the Fetch standard that Next gives them.
import { createServer } from 'node:http'
import { middleware } from './middleware.js'
import { routes } from './routes.js'

async function answer (request) {
  const { pathname } = new URL(request.url)
  return await middleware(request) ?? await routes[`${request.method} ${pathname}`]?.(request) ?? new Response(null, { status: 404 })
}

const server = createServer(async ({ method, url, headers }, reply) => {
  const response = await answer(new Request(new URL(url, 'http://localhost'), { method, headers }))
  reply.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
})

server.listen(process.env.PORT ?? 4000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
