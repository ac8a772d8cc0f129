import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Places } from './places.js'

/**
 * `__Host-` keeps sibling domains from planting one (RFC 6265bis, 4.1.3.2). Browsers take it over https only, and for the
 * whole host.
 */
function placeOf ({ origin, base }: Places, name: string) {
  const secure = origin.startsWith('https:')
  return { name: secure ? `__Host-${name}` : name, attributes: { path: secure ? '/' : base || '/', httpOnly: true, sameSite: 'lax', secure } as const }
}

/** A cookie of the pages, that scripts do not read. Whoever sits at the browser can read and change it. */
export function pageCookie (name: string, seconds: number) {
  function write (reply: FastifyReply, places: Places, value: string, maxAge: number): void {
    const place = placeOf(places, name)
    reply.header('set-cookie', stringifySetCookie(place.name, value, { ...place.attributes, maxAge }))
  }

  return {
    keep (reply: FastifyReply, places: Places, value: unknown): void {
      write(reply, places, Buffer.from(JSON.stringify(value)).toString('base64url'), seconds)
    },

    drop (reply: FastifyReply, places: Places): void {
      write(reply, places, '', 0)
    },

    /** What the browser sent, of any shape; undefined if that is nothing of ours. */
    read ({ headers }: FastifyRequest, places: Places): unknown {
      const value = parseCookie(headers.cookie ?? '')[placeOf(places, name).name]
      if (value === undefined) return undefined
      try {
        return JSON.parse(Buffer.from(value, 'base64url').toString())
      } catch {
        return undefined
      }
    }
  }
}
