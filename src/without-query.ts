import type { FastifyRequest } from 'fastify'

/** Serializers for routes whose URL has a token: hosts' loggers write the URL. */
export const WITHOUT_QUERY = { req: ({ method, url, ip }: FastifyRequest) => ({ method, url: url.replace(/[?#;][^]*$/, ''), remoteAddress: ip }) }
