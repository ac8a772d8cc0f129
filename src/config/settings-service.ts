import { flag, integer, list, oneOf, text } from './kinds.js'
import { country } from './kinds-domain.js'
import { cookieDomain, host, origin, path, trustProxy } from './kinds-web.js'
import { providers } from './providers.js'
import type { Setting } from './setting.js'

/** How the service runs, where it is reached and how people sign in. */
export const serviceSettings = {
  NODE_ENV: {
    group: 'Service',
    kind: oneOf('development', 'production', 'test'),
    default: 'development',
    description: 'In `production` nothing unsafe is a default: there is no outbox, and what would print codes or lose data has to be asked for.'
  },
  PORT: { group: 'Service', kind: integer(0, 65535), default: '3000', description: 'Port to listen on; 0 takes any free one.' },
  HOST: {
    group: 'Service',
    kind: host(),
    defaultInWords: '`0.0.0.0` in production, else `127.0.0.1`',
    example: '127.0.0.1',
    description: 'Address to listen on. In production a container is reached from outside itself; elsewhere the codes in the outbox are nobody else\'s business.'
  },
  LOG_LEVEL: { group: 'Service', kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), default: 'info', description: 'The least that is logged.' },
  TRUST_PROXY: {
    group: 'Service',
    kind: trustProxy(),
    default: 'false',
    description: 'Whose `X-Forwarded-*` headers are believed. Limits go by the client\'s address, so believing everyone lets anyone choose one.'
  },
  SHUTDOWN_TIMEOUT: { group: 'Service', kind: integer(1, 600), default: '10', description: 'Seconds that open requests get to finish after SIGTERM or SIGINT.' },
  SHUTDOWN_DELAY: { group: 'Service', kind: integer(0, 300), default: '0', description: 'Seconds after SIGTERM or SIGINT in which everything is served as before, while `/ready` answers 503: time for balancers to send elsewhere.' },
  AUTH_CONCURRENCY: { group: 'Service', kind: integer(1, 100_000), default: '256', description: 'Requests to the authentication endpoints that are worked on at the same time; more are answered 503 at once.' },
  MAX_EVENT_LOOP_DELAY: { group: 'Service', kind: integer(0, 60_000), default: '1000', description: 'Milliseconds that the process may lag behind before requests are answered 503; 0 for no limit. `/health` and `/ready` always answer.' },
  APP_NAME: { group: 'Addresses', kind: text(), default: 'fastify-2fa', description: 'Name in messages and mails.' },
  API_DOMAIN: {
    group: 'Addresses',
    kind: origin(),
    defaultInWords: '`http://localhost:` and the port; required in production',
    example: 'http://localhost:3000',
    description: 'Public origin of this service.'
  },
  API_BASE_PATH: { group: 'Addresses', kind: path({ root: false }), default: '/auth', description: 'Path under which the Frontend Driver Interface lives.' },
  WEBSITE_DOMAIN: {
    group: 'Addresses',
    kind: list(origin()),
    default: 'http://localhost:3001',
    description: 'Origins of the frontends. The first one is where links in mails point; all of them may call the service from a browser.'
  },
  WEBSITE_BASE_PATH: { group: 'Addresses', kind: path({ root: true }), default: '/auth', description: 'Path of the authentication pages on the website.' },
  FIRST_FACTOR: {
    group: 'First factor',
    kind: oneOf('email-password', 'phone-password'),
    default: 'email-password',
    description: 'Which system runs: e-mail + password (and social logins) and then a code to a phone enrolled once, or phone number + password and then a code to that same number.'
  },
  THIRD_PARTY_PROVIDERS: {
    group: 'First factor',
    kind: providers(),
    secret: true,
    example: '[{"thirdPartyId":"google","clientId":"…","clientSecret":"…"}]',
    description: 'Social logins, each in SuperTokens\' own form (`ProviderInput`) or in the short form with one client. Any OpenID Connect provider: add `oidcDiscoveryEndpoint`.'
  },
  EMAIL_VERIFICATION: {
    group: 'First factor',
    kind: oneOf('off', 'optional', 'required'),
    default: 'off',
    description: 'Whether an address must be verified; `required` also holds before a phone can be enrolled.'
  },
  PASSWORD_RESET: {
    group: 'First factor',
    kind: flag(),
    defaultInWords: '`true` with e-mail + password, `false` with phone + password',
    example: 'true',
    description: 'Whether a forgotten password can be reset by a link. With phone + password the link would go to the phone that is the second factor.'
  },
  EXISTENCE_CHECKS: {
    group: 'First factor',
    kind: flag(),
    default: 'false',
    description: 'Whether the `exists` endpoints tell the truth. Off, they always answer `false`, so that nobody can list accounts.'
  },
  SECOND_FACTOR_ENFORCEMENT: {
    group: 'Second factor',
    kind: oneOf('global', 'route'),
    default: 'global',
    description: '`global`: every verified session needs the second factor unless a route opts out. `route`: only `require2FA` asks for it.'
  },
  EXPOSE_PHONE_NUMBER: {
    group: 'Second factor',
    kind: flag(),
    default: 'true',
    description: 'Whether the token, which anyone with the browser reads after the password step, holds the whole number as in the guides. `false` leaves a masked hint.'
  },
  CODE_LIFETIME: {
    group: 'Second factor',
    kind: integer(30, 600),
    default: '300',
    description: 'Seconds that a code can be used, whatever the Core allows.'
  },
  DEFAULT_COUNTRY: {
    group: 'Second factor',
    kind: country(),
    example: 'US',
    description: 'Country of phone numbers typed without `+`. Without it only international numbers are accepted.'
  },
  TOKEN_TRANSFER_METHOD: {
    group: 'Sessions',
    kind: oneOf('any', 'cookie', 'header'),
    default: 'any',
    description: 'How sessions travel. `any`: the client chooses by `st-auth-mode`, as SuperTokens\' frontends do.'
  },
  ANTI_CSRF: {
    group: 'Sessions',
    kind: oneOf('NONE', 'VIA_CUSTOM_HEADER', 'VIA_TOKEN'),
    defaultInWords: '`VIA_CUSTOM_HEADER` when a website is on another site than the API, else `NONE` (cookies are `SameSite=Lax`)',
    example: 'VIA_CUSTOM_HEADER',
    description: 'How requests that carry session cookies prove that they come from the website.'
  },
  COOKIE_DOMAIN: {
    group: 'Sessions',
    kind: cookieDomain(),
    defaultInWords: 'the API\'s own host only',
    example: 'example.com',
    description: 'Domain of the session cookies, when APIs on several hosts share them.'
  }
} satisfies Record<string, Setting>
