import type { FastifyRequest } from 'fastify'

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
