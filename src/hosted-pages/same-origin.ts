import type { FastifyRequest } from 'fastify'
import type { Places } from './places.js'

/**
 * Whether a form comes from one of our own pages. Another website can send forms too: to sign a person in to an account of
 * its own (login CSRF), or to act in the person's session (CWE-352). Every browser that is still maintained says with
 * `Origin` where a form comes from; what says nothing is refused. No token in the form is needed then.
 *
 * `Sec-Fetch-Site` comes first in browsers that have it: no page can set either.
 */
export function isFromOwnPage ({ headers }: FastifyRequest, origin: string): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin === origin && (site === undefined || site === 'same-origin')
}

/**
 * Whether somebody comes from one of our own pages with no cookie at all, though each that leads on has just set some.
 * Without a word, they would sign in again and again.
 */
export const keepsNoCookies = ({ headers: { cookie, referer } }: FastifyRequest, { origin, base }: Pick<Places, 'origin' | 'base'>): boolean =>
  (cookie ?? '') === '' && referer?.startsWith(origin + base) === true
