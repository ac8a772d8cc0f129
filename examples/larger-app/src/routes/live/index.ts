import type { FastifyInstance } from 'fastify'
import { sessionOf } from 'fastify-2fa'
import { Session } from 'fastify-2fa/supertokens'
import { ordersOf } from '../../orders.js'
import { userOf } from '../../users.js'

/** Clients come back with the tokens of that time. */
const LIFETIME = 15 * 60_000

/** By the range for applications (RFC 6455, section 7.4.2). */
export const SESSION_ENDED = 4401

/** Answers each message `orders` with the person's orders. */
export default async function live (app: FastifyInstance): Promise<void> {
  app.get('/', { websocket: true, schema: { hide: true } }, (socket, request) => {
    const handle = sessionOf(request)!.getHandle()
    const end = setTimeout(() => { socket.close(1000, 'come back') }, LIFETIME).unref()
    socket.on('close', () => { clearTimeout(end) })

    const answer = async (): Promise<void> => {
      // The guard has checked the handshake alone, and an open socket outlives the session.
      if (await Session.getSessionInformation(handle) === undefined) {
        socket.close(SESSION_ENDED, 'the session has ended')
        return
      }
      socket.send(JSON.stringify(await ordersOf(app.db, await userOf(request))))
    }

    socket.on('message', (message: Buffer) => {
      if (message.toString() !== 'orders') {
        socket.close(1008, 'say orders')
        return
      }
      answer().catch((err: unknown) => {
        request.log.error({ err }, 'failed')
        socket.close(1011, 'something went wrong')
      })
    })
  })
}
