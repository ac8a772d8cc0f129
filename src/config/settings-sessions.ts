import { signingKeys } from './kinds-domain.js'
import { cookieDomain } from './kinds-web.js'
import { integer, oneOf } from './kinds.js'
import type { Setting } from './setting.js'

/** Settings of sessions. */
export const sessionSettings = {
  TOKEN_TRANSFER_METHOD: {
    group: 'Sessions',
    kind: oneOf('any', 'cookie', 'header'),
    default: 'any',
    description: 'How session tokens are sent. With `any`, the client chooses with `st-auth-mode`, as SuperTokens\' frontends do.'
  },
  ANTI_CSRF: {
    group: 'Sessions',
    kind: oneOf('NONE', 'VIA_CUSTOM_HEADER', 'VIA_TOKEN'),
    defaultInWords: '`VIA_CUSTOM_HEADER` if a website is on another site than the API, else `NONE` (cookies are `SameSite=Lax`)',
    example: 'VIA_CUSTOM_HEADER',
    description: 'How requests with session cookies prove that they come from the website.'
  },
  ROLES_MAX_AGE: {
    group: 'Sessions',
    kind: integer(1, 86_400),
    default: '300',
    description: 'Seconds after which roles and permissions in a token are fetched again, when a route checks them or the session is refreshed. A role that was taken away ends after that time at the latest.'
  },
  COOKIE_DOMAIN: {
    group: 'Sessions',
    kind: cookieDomain(),
    defaultInWords: 'the API\'s host only',
    example: 'example.com',
    description: 'Domain of the session cookies, if APIs on several hosts share them.'
  },
  SIGNING_KEYS: {
    group: 'Sessions',
    kind: signingKeys(),
    secret: true,
    defaultInWords: 'a key of this process alone',
    example: '…',
    description: 'Private keys for what the service signs itself, such as assertions of forward-auth. The first one signs, all of them are published. All replicas have the same. `npx fastify-2fa keys new` makes one.',
    mistakenFor: ['SIGNING_KEY', 'JWT_KEYS', 'JWKS']
  }
} satisfies Record<string, Setting>
