import type { AdminOptions } from '../admin-api/options.js'
import type { AuditTrailOptions } from '../audit/options.js'
import type { MailSender } from '../delivery/sender.js'
import type { ForwardAuthOptions } from '../forward-auth/options.js'
import type { HostedPagesOptions } from '../hosted-pages/options.js'
import type { Messages } from '../language/languages.js'
import type { LimitsOptions } from '../limits/options.js'
import type { MetricsOptions } from '../metrics/options.js'
import type { EventReceiver } from '../revocations/options.js'
import type { ServiceClient } from '../service-clients/options.js'
import type { PrivateJwkSet } from '../signing-keys/options.js'
import type { AppInfoOptions, EmbeddedCoreConnectionOptions, MailOptions, RemoteCoreOptions, SmsByCountry, SmsProvider } from './connections.js'
import type { FirstFactorOptions } from './first-factor.js'
import type { SecondFactorOptions } from './second-factor.js'

/** All options of the library. `src/config/load.ts` produces the same object from environment variables. */
export interface Fastify2faOptions extends FirstFactorOptions, SecondFactorOptions {
  /**
   * Whether this is production, where accounts in memory, codes in the log and plain http stop the boot.
   * @default by NODE_ENV: false for `development` and `test`, true for `production` and any unknown value. If it is not
   * set, true if `apiDomain` is not this machine (`docs/plugins.md`)
   */
  production?: boolean
  /** Allows the embedded Core in production. It is one process with one file, whose path you then name. @default false */
  embeddedCoreInProduction?: boolean
  /** Allows the provider `log` in production. Anyone who reads the log can sign in as anyone. @default false */
  printCodesInProduction?: boolean
  appInfo?: AppInfoOptions
  /** The Core that keeps accounts and sessions. @default an embedded Core in memory */
  core?: RemoteCoreOptions | { embedded: EmbeddedCoreConnectionOptions }
  /**
   * Whether every route of the app requires the second factor, whenever it is declared, except those with
   * `config: { secondFactor: false }` and those of this library. Unknown paths answer strangers with 401, too.
   * @default false
   */
  secureByDefault?: boolean
  /**
   * Who answers when a guard refuses. `send`: the guard itself, as SuperTokens' frontends expect it. `throw`: the host's
   * error handler, whose error has that answer as `body`.
   * @default 'send'
   */
  guardRefusals?: 'send' | 'throw'
  /** Whether traces of OpenTelemetry name users by their ids (`enduser.id`). @default false */
  traceUserIds?: boolean
  /** Whether providers of text messages and mails learn the trace (`traceparent`) that a message is part of. @default false */
  traceSenders?: boolean
  /**
   * Language of answers and messages for clients whose `Accept-Language` names none that there is: `en`, `de`, `es`, `fr`,
   * `ja`, `pt`, or one of `messages`.
   * @default 'en'
   */
  defaultLanguage?: string
  /**
   * Further languages, and words of your own in those that there are: for each language tag, texts by their English
   * sentence. What is missing is said in a broader language, at last in English.
   * @default {}
   */
  messages?: Messages
  /**
   * Pages to sign in with, and to look after one's account, below `appInfo.websiteBasePath`: for apps that have no
   * frontend of their own (`docs/hosted-pages.md`). The first of `appInfo.websiteDomains` is `appInfo.apiDomain` then.
   * @default false
   */
  hostedPages?: boolean | HostedPagesOptions
  /**
   * Decides for a proxy such as nginx, Traefik, Caddy or Envoy whether requests to other services may pass
   * (`docs/forward-auth.md`).
   * @default none
   */
  forwardAuth?: ForwardAuthOptions
  /**
   * Sender of text messages: a built-in provider's settings, or your own sender. Several in a list are asked in order,
   * and countries can have their own (`docs/delivery.md`).
   * @default { provider: 'log' }
   */
  sms?: SmsProvider | readonly SmsProvider[] | SmsByCountry
  /**
   * Whether providers report what became of text messages, below `appInfo.apiBasePath` (`docs/delivery/receipts.md`).
   * @default false
   */
  smsReceipts?: boolean
  /** Sender of mails: a built-in provider's settings, or your own sender. @default { provider: 'log' } */
  mail?: MailOptions | MailSender
  /**
   * The property of requests that holds the session. Choose another one beside a plugin that has `request.session` too,
   * such as @fastify/session. `sessionOf(request)` finds it under any name.
   * @default 'session'
   */
  sessionProperty?: string
  /**
   * How session tokens are transferred. `any`: the client chooses with `st-auth-mode`, as SuperTokens' frontends do.
   * @default 'any'
   */
  tokenTransferMethod?: 'any' | 'cookie' | 'header'
  /**
   * Protection of cookie sessions against CSRF.
   * @default 'VIA_CUSTOM_HEADER' if a website is on another site than the API, otherwise 'NONE' (SameSite=Lax cookies)
   */
  antiCsrf?: 'NONE' | 'VIA_CUSTOM_HEADER' | 'VIA_TOKEN'
  /**
   * Maximum age of the roles and permissions in a token when a route checks them or the session is refreshed: seconds, or
   * a text such as `5m`. Older ones are fetched from the Core.
   * @default '5m'
   */
  rolesMaxAge?: number | string
  /**
   * How often codes and passwords may be tried and messages sent. `false` for no limits at all.
   * @default those in `docs/limits.md`
   */
  limits?: LimitsOptions | false
  /**
   * Whether this app is measured, for Prometheus (`docs/metrics.md`). Takes the package prom-client. `metricsRoutes` serves
   * them, or the registry of your own that you pass.
   * @default false
   */
  metrics?: boolean | MetricsOptions
  /** Maximum number of concurrent requests under `apiBasePath`; further ones wait in line. @default 256 */
  authConcurrency?: number
  /**
   * Longest time in milliseconds that a request waits behind so many others; what would wait longer gets 503 at once. With 0,
   * nothing waits.
   * @default 2000
   */
  authMaxWait?: number
  /**
   * Private keys for the JWTs that the service signs itself, as a JWK set: the first one signs, all of them are published.
   * All replicas have the same. `npx fastify-2fa keys new` makes one (`docs/signing-keys.md`).
   * @default a key of this process alone
   */
  signingKeys?: PrivateJwkSet
  /**
   * Other services of yours that may ask about tokens and hear of sessions that end: `{ id, secrets }` each
   * (`docs/introspection.md`, `docs/revocation.md`).
   * @default [], and none of these routes exists
   */
  serviceClients?: ServiceClient[]
  /**
   * Administration of accounts over HTTP, by keys with roles (`docs/admin.md`).
   * @default none, and none of these routes exists
   */
  admin?: AdminOptions
  /** How many streams of events may be open at this process. A client has half of them at most. @default 200 */
  eventReaders?: number
  /**
   * Where security event tokens are delivered to when sessions end: CAEP `session-revoked`, by RFC 8935
   * (`docs/revocation.md`).
   * @default none
   */
  eventReceiver?: EventReceiver
  /**
   * Where audit events go to, beside the log and the channel: stdout, a file, a webhook, OpenTelemetry, sinks of your own
   * (`docs/audit.md`).
   * @default none
   */
  audit?: AuditTrailOptions
  /** `Domain` attribute of the session cookies. @default none: the API's host only */
  cookieDomain?: string
}
