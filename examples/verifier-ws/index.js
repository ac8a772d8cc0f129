import { createServer } from 'node:http'
import { createVerifier } from 'fastify-2fa/verifier'
import { require2FA } from 'fastify-2fa/verifier/ws'
import { WebSocketServer } from 'ws'

const verifier = createVerifier({
  serviceUrl: process.env.SERVICE_URL ?? 'http://localhost:3000',
  antiCsrf: 'SAME_SITE',
  // Pages that may open a socket with a cookie session.
  websiteDomains: ['http://localhost:3001']
})
const guard = require2FA(verifier)

const sockets = new WebSocketServer({ noServer: true })
const server = createServer((request, response) => { response.writeHead(426).end() })

server.on('upgrade', async (request, socket, head) => {
  const session = await guard(request, socket)
  if (session === undefined) return
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.send(JSON.stringify({ user: session.userId }))
    // An open socket outlives its session: let clients come back.
    const timer = setTimeout(() => { webSocket.close(4401, 'try again') }, 5 * 60_000)
    webSocket.on('close', () => { clearTimeout(timer) })
  })
})

server.listen(process.env.PORT ?? 4000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
