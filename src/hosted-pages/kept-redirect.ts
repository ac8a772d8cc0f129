import type { FastifyReply, FastifyRequest } from 'fastify'
import { pageCookie } from './page-cookie.js'
import type { Places } from './places.js'

/** Kept as long as the links in mails work. */
const cookie = pageCookie('fastify-2fa-redirect', 3600)

/**
 * Remembers where a person wanted to go, while a mail or another service is in between: what leads back does not say it.
 * Whoever reads it checks it again.
 */
export function keepRedirect (reply: FastifyReply, places: Places, redirect: string | undefined): void {
  if (redirect !== undefined) cookie.keep(reply, places, redirect)
}

export function dropRedirect (request: FastifyRequest, reply: FastifyReply, places: Places): void {
  if (cookie.read(request, places) !== undefined) cookie.drop(reply, places)
}

/** What a link in a mail, or another service, leads back with. */
const LED_BACK = ['token', 'preAuthSessionId', 'state'] as const

/** Only for pages that are led back to: in the address of all others it is as it was left. */
export function keptRedirect (request: FastifyRequest, places: Places): string | undefined {
  const query = request.query as Record<string, unknown>
  if (!LED_BACK.some((name) => name in query)) return undefined
  const kept = cookie.read(request, places)
  return typeof kept === 'string' ? kept : undefined
}
