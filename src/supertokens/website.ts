import type { FastifyRequest } from 'fastify'

/**
 * The website that asked, which links lead to and codes are bound to. It must be a configured one, because the client
 * sets the header. Apps and hosts name none: for them it is the first.
 */
export function askingWebsite (websiteDomains: readonly [string, ...string[]], request: FastifyRequest | undefined): string {
  return websiteDomains.find((domain) => domain === request?.headers.origin) ?? websiteDomains[0]
}
