import { BUILT_IN } from '../language/languages.js'
import { duration, flag, integer, list, oneOf, text } from './kinds.js'
import { LONGEST_MINIMUM, SHORTEST_MINIMUM } from '../first-factor/password-options.js'
import { FACTOR_NAMES } from '../second-factor/factors/index.js'
import { NOTICE_NAMES } from '../second-factor/notice-texts.js'
import { country, factorKey, requirement } from './kinds-domain.js'
import { cookieDomain, host, origin, path, rpId, trustProxy } from './kinds-web.js'
import { providers } from './providers.js'
import type { Setting } from './setting.js'

/** Settings for running the service, its addresses, and signing in. */
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
  LOG_LEVEL: { group: 'Service', kind: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), default: 'info', description: 'Minimum log level.' },
  TRUST_PROXY: {
    group: 'Service',
    kind: trustProxy(),
    default: 'false',
    description: 'Proxies whose `X-Forwarded-*` headers are trusted. Limits use the client\'s address, so trusting every client lets anyone choose theirs.'
  },
  SHUTDOWN_TIMEOUT: { group: 'Service', kind: integer(1, 600), default: '10', description: 'Seconds that open requests get to finish during shutdown.' },
  SHUTDOWN_DELAY: { group: 'Service', kind: integer(0, 300), default: '0', description: 'Seconds between SIGTERM or SIGINT and the shutdown. Meanwhile everything is served, but `/ready` answers 503, so load balancers move away.' },
  AUTH_CONCURRENCY: { group: 'Service', kind: integer(1, 100_000), default: '256', description: 'Concurrent requests to the authentication endpoints. Further ones are answered with 503 at once.' },
  MAX_EVENT_LOOP_DELAY: { group: 'Service', kind: integer(0, 60_000), default: '1000', description: 'Event-loop delay in milliseconds beyond which requests are answered with 503; 0 means no limit. `/health` and `/ready` always answer.' },
  DEFAULT_LANGUAGE: {
    group: 'Service',
    kind: oneOf(...Object.keys(BUILT_IN)),
    default: 'en',
    description: 'Language of answers, text messages and mails for clients whose `Accept-Language` names none of these.'
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
  WEBSITE_BASE_PATH: { group: 'Addresses', kind: path({ root: true }), default: '/auth', description: 'Path of the authentication pages on the website.' },
  FIRST_FACTOR: {
    group: 'First factor',
    kind: oneOf('email-password', 'phone-password'),
    default: 'email-password',
    description: '`email-password`: e-mail + password or a social login, then a code to a phone that is enrolled once. `phone-password`: phone number + password, then a code to that number.'
  },
  THIRD_PARTY_PROVIDERS: {
    group: 'First factor',
    kind: providers(),
    secret: true,
    example: '[{"thirdPartyId":"google","clientId":"…","clientSecret":"…"}]',
    description: 'Social logins, each as SuperTokens\' `ProviderInput` or in the short form with one client. For any OpenID Connect provider, add `oidcDiscoveryEndpoint`.'
  },
  EMAIL_VERIFICATION: {
    group: 'First factor',
    kind: oneOf('off', 'optional', 'required'),
    defaultInWords: '`optional` with e-mail + password, `off` with phone + password',
    example: 'optional',
    description: 'Whether e-mail addresses are verified. With `optional`, pages may ask for it, and nothing depends on it. With `required`, it comes before a phone can be enrolled.'
  },
  PASSWORD_RESET: {
    group: 'First factor',
    kind: flag(),
    defaultInWords: '`true` with e-mail + password, `false` with phone + password',
    example: 'true',
    description: 'Whether a forgotten password can be reset by a link. With phone + password, the link goes to the phone that is the second factor.'
  },
  PASSWORD_MIN_LENGTH: {
    group: 'First factor',
    kind: integer(SHORTEST_MINIMUM, LONGEST_MINIMUM),
    defaultInWords: '`8`; `15` where the password can be the only factor: with `SECOND_FACTOR_ENFORCEMENT=route`, or a `SECOND_FACTOR_REQUIRED` other than `everyone`',
    example: '15',
    description: 'Least length of a new password, in characters. Accounts with shorter ones still sign in.'
  },
  SUPPORT_CONTACT: {
    group: 'First factor',
    kind: text(),
    example: 'help@example.com',
    description: 'Whom people ask when a page needs a feature that is off: an address, a number or a page, as it is to be shown.'
  },
  EXISTENCE_CHECKS: {
    group: 'First factor',
    kind: flag(),
    default: 'false',
    description: 'Whether the `exists` endpoints tell the truth. If not, they always answer `false`, so that nobody can list accounts.'
  },
  SIGN_UP_BY_MAIL: {
    group: 'First factor',
    kind: flag(),
    default: 'false',
    description: 'Whether signing up answers alike for known and unknown addresses, and goes on by a link in a mail. Needs `EMAIL_VERIFICATION=required`.'
  },
  SECOND_FACTORS: {
    group: 'Second factor',
    kind: list(oneOf(...FACTOR_NAMES)),
    default: 'sms',
    description: 'What people can use as their second factor: a code by SMS (`sms`), a code or a link by mail (`email`), an authenticator app (`totp`), a passkey or security key (`passkey`).'
  },
  EMAIL_FACTOR_FLOW: {
    group: 'Second factor',
    kind: oneOf('code', 'link', 'both'),
    default: 'code',
    description: 'How people enter what comes by mail: a code to type, a link, or either. A link works only in the browser that asked for it.'
  },
  ONE_MAILBOX_FOR_BOTH_FACTORS: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Allows `email` as second factor where passwords can be reset by mail or with social logins. Whoever has the mailbox then has both factors.'
  },
  PASSKEY_RP_ID: {
    group: 'Second factor',
    kind: rpId(),
    defaultInWords: 'the host of the first website',
    example: 'example.com',
    description: 'Domain that passkeys are made for: the host of every website, or a parent domain of it. A change makes all passkeys useless.'
  },
  PASSKEY_SIGN_IN: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether a passkey alone signs in, as both factors in one. Only passkeys whose device verifies its user, by a PIN or a finger, can.'
  },
  KNOWN_BROWSERS: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether browsers can become known for thirty days. Only routes that say so take that for the second factor.'
  },
  RECOVERY_CODES: {
    group: 'Second factor',
    kind: flag(),
    defaultInWords: '`true` with `totp` or `passkey` among the second factors',
    example: 'true',
    description: 'Whether people get recovery codes with their first second factor, for the day on which they have lost it.'
  },
  ACCOUNT_RECOVERY: {
    group: 'Second factor',
    kind: flag(),
    default: 'false',
    description: 'Whether people who have lost every second factor can replace it with their password and a code by mail, after `RECOVERY_PERIOD` and unless they veto. Where passwords can be reset by mail, whoever has the mailbox unnoticed for that long has the account.'
  },
  RECOVERY_PERIOD: {
    group: 'Second factor',
    kind: duration('24h', '30d'),
    default: '72h',
    description: 'How long a recovery waits. All that time, messages on every channel of the owner can stop it.'
  },
  FACTOR_KEY: {
    group: 'Second factor',
    kind: list(factorKey()),
    secret: true,
    defaultInWords: 'a key that everybody knows; required in production with `totp` or `PASSKEY_SIGN_IN`',
    example: '…',
    description: 'Encrypts the secrets of authenticator apps in the Core, and the accounts that passkeys name. To rotate it, set `new,old`, and keep the old one. Who loses it ends every authenticator app, and no passkey signs in alone.',
    mistakenFor: ['FACTOR_KEYS', 'TOTP_KEY', 'TOTP_SECRET_KEY']
  },
  SECOND_FACTOR_ENFORCEMENT: {
    group: 'Second factor',
    kind: oneOf('global', 'route'),
    default: 'global',
    description: '`global`: every verified session needs the second factor unless a route opts out. `route`: only `require2FA` asks for it.'
  },
  SECOND_FACTOR_REQUIRED: {
    group: 'Second factor',
    kind: requirement(),
    default: 'everyone',
    description: 'Who needs it where it is enforced globally: `everyone`; `unless-exempt`, everyone but users exempted one by one; `enrolled`, who has one; or who has a role, as in `roles:admin,editor`.'
  },
  EXPOSE_PHONE_NUMBER: {
    group: 'Second factor',
    kind: flag(),
    default: 'true',
    description: 'Whether the access token holds the whole phone number, as in the guides. Anyone with the password can read it there. With `false`, it is masked.'
  },
  CODE_LIFETIME: {
    group: 'Second factor',
    kind: integer(30, 600),
    default: '300',
    description: 'Seconds that a code is valid, even if the Core allows more.'
  },
  CONTEST_PERIOD: {
    group: 'Second factor',
    kind: duration('1h', '30d'),
    default: '72h',
    description: 'How long owners can contest a change of their account, such as a new phone number, by the link that they are sent.'
  },
  NOTICES_OFF: {
    group: 'Second factor',
    kind: list(oneOf(...NOTICE_NAMES)),
    example: 'wrong-codes',
    description: 'What owners are not told of. All of it cannot be switched off.'
  },
  DEFAULT_COUNTRY: {
    group: 'Second factor',
    kind: country(),
    example: 'US',
    description: 'Country of phone numbers without `+`. If unset, only international numbers are accepted.'
  },
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
  }
} satisfies Record<string, Setting>
