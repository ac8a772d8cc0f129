import type { FastifyRequest } from 'fastify'

/** A URL without what comes after its path: verification and reset links carry their token there. */
export const withoutQuery = (url: string): string => url.replace(/[?#;][^]*$/, '')

/** Serializers for routes whose URL has a token: hosts' loggers write the URL. */
export const WITHOUT_QUERY = { req: ({ method, url, ip }: FastifyRequest) => ({ method, url: withoutQuery(url), remoteAddress: ip }) }
