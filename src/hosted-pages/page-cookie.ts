import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Places } from './places.js'

/** A cookie of the pages, that scripts do not read. It holds no secret, and nothing that decides anything. */
export function pageCookie (name: string, seconds: number) {
  function write (reply: FastifyReply, { origin, base }: Places, value: string, maxAge: number): void {
    reply.header('set-cookie', stringifySetCookie(name, value, { path: base || '/', httpOnly: true, sameSite: 'lax', secure: origin.startsWith('https:'), maxAge }))
  }

  return {
    keep (reply: FastifyReply, places: Places, value: object): void {
      write(reply, places, Buffer.from(JSON.stringify(value)).toString('base64url'), seconds)
    },

    drop (reply: FastifyReply, places: Places): void {
      write(reply, places, '', 0)
    },

    /** What the browser sent, of any shape; undefined if that is nothing of ours. */
    read ({ headers }: FastifyRequest): unknown {
      const value = parseCookie(headers.cookie ?? '')[name]
      if (value === undefined) return undefined
      try {
        return JSON.parse(Buffer.from(value, 'base64url').toString())
      } catch {
        return undefined
      }
    }
  }
}
