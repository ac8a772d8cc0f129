import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Before all routes that are websockets, those of GraphQL's subscriptions too. */
async function webSockets (app: FastifyInstance): Promise<void> {
  await app.register(websocket, { options: { maxPayload: 4096 } })
}

export default fp(webSockets, { name: 'websocket' })
