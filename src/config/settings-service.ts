import { BUILT_IN } from '../language/languages.js'
import { flag, integer, list, millis, oneOf, seconds, text } from './kinds.js'
import { metricsKey } from './kinds-services.js'
import { host, origin, path, trustProxy } from './kinds-web.js'
import type { Setting } from './setting.js'

/** Settings for running the service, and its addresses. */
export const serviceSettings = {
  NODE_ENV: {
    group: 'Service',
    kind: oneOf('development', 'production', 'test'),
    default: 'development',
    description: 'In `production` no default is unsafe. There is no outbox, and anything that would print codes or lose data must be enabled explicitly.'
  },
  PORT: { group: 'Service', kind: integer(0, 65535), default: '3000', description: 'Port to listen on; 0 takes any free port.' },
  HOST: {
    group: 'Service',
    kind: host(),
    defaultInWords: '`0.0.0.0` in production, else `127.0.0.1`',
    example: '127.0.0.1',
    description: 'Address to listen on. A container in production must be reachable from outside; elsewhere, the codes in the outbox must not be.'
  },
  TLS_CERT_FILE: {
    group: 'Service',
    kind: text('a file path'),
    example: '/run/secrets/tls.crt',
    description: 'Certificate in PEM, with its chain, if the service is to speak TLS itself (1.2 or newer). Read again on SIGHUP. Needs `TLS_KEY_FILE`.',
    mistakenFor: ['TLS_CERT', 'SSL_CERT', 'SSL_CERTIFICATE', 'TLS_CERTIFICATE', 'TLS_CERTIFICATE_FILE']
  },
  TLS_KEY_FILE: {
    group: 'Service',
    kind: text('a file path'),
    example: '/run/secrets/tls.key',
    description: 'Private key of that certificate in PEM, without a passphrase.',
    mistakenFor: ['TLS_KEY', 'SSL_KEY']
  },
  LOG_LEVEL: { group: 'Service', kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), default: 'info', description: 'Minimum log level.' },
  TRUST_PROXY: {
    group: 'Service',
    kind: trustProxy(),
    default: 'false',
    description: 'Proxies whose `X-Forwarded-*` headers are trusted. Limits use the client\'s address, so trusting every client lets anyone choose theirs.'
  },
  SHUTDOWN_TIMEOUT: { group: 'Service', kind: seconds(1, 600), default: '10', description: 'Time that open requests get to finish during shutdown.' },
  SHUTDOWN_DELAY: { group: 'Service', kind: seconds(0, 300), default: '0', description: 'Time between SIGTERM or SIGINT and the shutdown. Meanwhile everything is served, but `/ready` answers 503, so load balancers move away.' },
  AUTH_CONCURRENCY: { group: 'Service', kind: integer(1, 100_000), default: '256', description: 'Concurrent requests to the authentication endpoints. Further ones wait in line.' },
  AUTH_MAX_WAIT: { group: 'Service', kind: millis(0, 60_000), default: '2000', description: 'Longest time that a request waits in that line. What would wait longer, by how long requests take now, is answered with 503 at once; with 0, nothing waits.' },
  MAX_EVENT_LOOP_DELAY: { group: 'Service', kind: millis(0, 60_000), default: '1000', description: 'Event-loop delay beyond which requests are answered with 503; 0 means no limit. `/health` and `/ready` always answer.' },
  DEFAULT_LANGUAGE: {
    group: 'Service',
    kind: oneOf(...Object.keys(BUILT_IN)),
    default: 'en',
    description: 'Language of answers, text messages and mails for clients whose `Accept-Language` names none of these.'
  },
  OPENAPI: {
    group: 'Service',
    kind: flag(),
    defaultInWords: '`false` in production, else `true`',
    example: 'true',
    description: 'Whether `/openapi.json` below `ROUTES_PATH` describes the service (OpenAPI 3.1). `fastify-2fa openapi` prints the same.'
  },
  METRICS: {
    group: 'Service',
    kind: flag(),
    defaultInWords: '`true` with `METRICS_PORT` or `METRICS_KEY`, else `false`',
    example: 'true',
    description: 'Whether the service is measured, for Prometheus: `/metrics`. Production needs one of the following two for it.'
  },
  METRICS_PORT: {
    group: 'Service',
    kind: integer(0, 65535),
    defaultInWords: 'none (`/metrics` is below `ROUTES_PATH`)',
    example: '9464',
    description: 'Port of its own for `/metrics`, at `HOST`. Keep it from the outside.'
  },
  METRICS_KEY: {
    group: 'Service',
    kind: list(metricsKey()),
    secret: true,
    defaultInWords: 'none',
    example: '…',
    description: 'What a scraper sends as `Authorization: Bearer`. `openssl rand -hex 32` makes one. To rotate it, set `new,old`.',
    mistakenFor: ['METRICS_TOKEN', 'METRICS_SECRET']
  },
  PLAYGROUND: {
    group: 'Service',
    kind: flag(),
    default: 'true',
    description: 'Whether the first website is served, as a page to try everything on. Only outside production and from this repository. Set false to serve a website of your own there.'
  },
  PLAYGROUND_PROVIDER: {
    group: 'Service',
    kind: flag(),
    default: 'false',
    description: 'Whether the playground brings a provider for social logins. Anyone can sign in there as anyone, so production refuses it.'
  },
  APP_NAME: { group: 'Addresses', kind: text(), default: 'fastify-2fa', description: 'Name shown in text messages and mails.' },
  API_DOMAIN: {
    group: 'Addresses',
    kind: origin(),
    defaultInWords: '`http://localhost:<PORT>`; required in production',
    example: 'http://localhost:3000',
    description: 'Public origin of this service.'
  },
  API_BASE_PATH: { group: 'Addresses', kind: path({ root: false }), default: '/auth', description: 'Path of the Frontend Driver Interface, as requests reach this service.' },
  API_GATEWAY_PATH: {
    group: 'Addresses',
    kind: path({ root: false }),
    example: '/api',
    description: 'Path that a proxy in front of this service removes: clients write it, requests arrive without it.'
  },
  API_INTERNAL_PATH: {
    group: 'Addresses',
    kind: path({ root: false }),
    example: '/internal',
    description: 'Path that a proxy in front of this service adds: requests arrive with it, clients do not write it. `API_BASE_PATH` begins with it.'
  },
  ROUTES_PATH: {
    group: 'Addresses',
    kind: path({ root: true }),
    default: '/',
    description: 'Path below which the other routes are: `/sessioninfo`, `/me`, `/health`, `/ready`, and in development `/dev/outbox` and `/examples/*`.'
  },
  WEBSITE_DOMAIN: {
    group: 'Addresses',
    kind: list(origin()),
    default: 'http://localhost:3001',
    description: 'Origins of the frontends, which may call the service from a browser. Links in mails point to the one that asked, otherwise to the first.'
  },
  WEBSITE_BASE_PATH: { group: 'Addresses', kind: path({ root: true }), default: '/auth', description: 'Path of the authentication pages on the website.' }
} satisfies Record<string, Setting>
