import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { FastifyInstance } from 'fastify'
import { CORE_SOCKET_IN_USE, CORE_SOCKET_UNUSABLE } from '../errors.js'
import { checkDirectory, statOf } from '../socket-path.js'

/** How long a client may take to send a request, and how long the last ones keep the Core from closing. */
const PATIENCE_MS = 5000
/** Enough for some commands at a time: the port, if there is one, is for programs. */
const MOST_CONNECTIONS = 32

/** Whether a process listens. */
async function answers (path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Removes the socket of a process that was killed. Nothing but a socket that nobody listens on is ever removed. */
async function removeStale (path: string): Promise<void> {
  const found = statOf(path)
  if (found === undefined) return
  if (!found.isSocket()) throw new CORE_SOCKET_UNUSABLE(path, 'there is something else of this name')
  if (await answers(path)) throw new CORE_SOCKET_IN_USE(path)
  rmSync(path, { force: true })
}

/** Listens with a mode that lets nobody in who could come before `chmod`. */
async function listen (server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening')
  server.listen(path)
  try {
    await listening
    chmodSync(path, 0o600)
  } catch (error) {
    server.close()
    throw new CORE_SOCKET_UNUSABLE(path, String((error as NodeJS.ErrnoException).code))
  }
}

/**
 * Lets processes of the same user call the Core: by the routes, limits and errors of the port. The file's permissions take the
 * place of the key.
 *
 * @param key what callers of the port have to send, if anything
 * @param mend whether the directory is the Core's own
 * @returns ends it, once running requests have their answers
 * @throws CORE_SOCKET_UNUSABLE, CORE_SOCKET_IN_USE
 */
export async function listenOnSocket (fastify: FastifyInstance, path: string, { key, mend }: { key: string | undefined, mend: boolean }): Promise<{ unref (): void, close (): Promise<void> }> {
  checkDirectory(path, { create: true, mend })
  await removeStale(path)
  const silent = new Set<Socket>()
  const server = createServer((request, response) => {
    silent.delete(request.socket)
    if (key !== undefined) request.headers['api-key'] = key
    fastify.routing(request, response)
  })
  Object.assign(server, { maxConnections: MOST_CONNECTIONS, headersTimeout: PATIENCE_MS, requestTimeout: PATIENCE_MS })
  server.on('connection', (socket) => {
    silent.add(socket)
    socket.once('close', () => { silent.delete(socket) })
  })
  await listen(server, path)
  return {
    unref () {
      server.unref()
      server.on('connection', (socket) => { socket.unref() })
    },
    async close () {
      const closed = once(server, 'close')
      // Removes the file as well.
      server.close()
      server.closeIdleConnections()
      // Those that have sent nothing yet are not idle to Node.
      for (const socket of silent) socket.destroy()
      // Those whose last answer comes later would hold it open for as long as they are kept.
      server.keepAliveTimeout = 1
      const giveUp = setTimeout(() => { server.closeAllConnections() }, PATIENCE_MS).unref()
      await closed
      clearTimeout(giveUp)
    }
  }
}
