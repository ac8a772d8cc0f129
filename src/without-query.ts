import type { FastifyRequest } from 'fastify'

/** Never log queries: verification and reset links carry their token there. */
export const pathOf = (url: string): string => url.replace(/[?#;][^]*$/, '')

/** Serializers for routes whose URL has a token: hosts' loggers write the URL. */
export const WITHOUT_QUERY = { req: ({ method, url, ip }: FastifyRequest) => ({ method, url: pathOf(url), remoteAddress: ip }) }
