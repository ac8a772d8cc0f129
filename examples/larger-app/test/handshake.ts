import { once } from 'node:events'
import type { FastifyInstance } from 'fastify'
import type { TestSession } from 'fastify-2fa/testing'
import { WEBSITE } from './app.js'

type Socket = Awaited<ReturnType<FastifyInstance['injectWS']>>

/** What a browser sends with the handshake of a page on `origin`. */
export function handshake ({ cookies }: TestSession, origin = WEBSITE): Record<string, string> {
  return { cookie: [...cookies].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; '), origin }
}

/** The status with which a websocket is refused; 101 if it opens. */
export async function statusOfUpgrade (app: FastifyInstance, path: string, headers: Record<string, string>): Promise<number> {
  try {
    const socket = await app.injectWS(path, { headers })
    socket.terminate()
    return 101
  } catch (err) {
    return Number(/response: (\d+)/.exec((err as Error).message)?.[1])
  }
}

/** Says something and waits for the answer. */
export async function ask (socket: Socket, message: string): Promise<unknown> {
  const answer = once(socket, 'message') as Promise<[Buffer]>
  socket.send(message)
  return JSON.parse((await answer)[0].toString())
}
