/*
 * How the service is reached, and what it reaches: the Core and the providers of messages.
 */

import type { HttpSmsOptions } from '../delivery/sms/template/options.js'
import type { SmsSender } from '../delivery/sender.js'

/** How the service presents itself; becomes SuperTokens' `appInfo`. */
export interface AppInfoOptions {
  /** Shown in messages and mails. @default 'fastify-2fa' */
  appName?: string
  /** Public origin of this service. @default 'http://localhost:3000' */
  apiDomain?: string
  /** Path of the Frontend Driver Interface, below the prefix of the scope if it has one. @default '/auth' */
  apiBasePath?: string
  /** Path that a proxy in front of this app removes: clients write it, requests arrive without it. @default none */
  apiGatewayPath?: string
  /**
   * Path that a proxy in front of this app adds: requests arrive with it, and clients do not write it. `apiBasePath`,
   * or the prefix of the scope, begins with it.
   * @default none
   */
  apiInternalPath?: string
  /**
   * Origins of the frontends. Links lead to the website that asked (by its `Origin`), and codes are bound to it; else to
   * the first.
   * @default ['http://localhost:3001']
   */
  websiteDomains?: string[]
  /** Path of the authentication pages on the website. @default '/auth' */
  websiteBasePath?: string
}

/** A SuperTokens Core that is reached over the network. */
export interface RemoteCoreOptions {
  /** One base URL or several, separated by `;`. */
  connectionURI: string
  /** Sent as `api-key`. @default none */
  apiKey?: string
}

/** A Core in this process, on SQLite. */
export interface EmbeddedCoreConnectionOptions {
  /** Path of the SQLite file or `:memory:`. @default ':memory:' */
  file?: string
  /** Loopback port for other programs; 0 takes any free one. @default none: only this process can call the Core */
  port?: number
  /**
   * A Unix socket for commands of the same user while the Core runs: its path, or `true` for one in a directory of its own beside
   * the file. Only that user may enter its directory. Not on Windows.
   * @default false
   */
  socket?: string | boolean
  /** API key that callers must send. @default a random one if there is a port, else none */
  apiKey?: string
  /**
   * Encrypts signing keys and authenticator secrets in the file; at least 32 characters. To rotate, give `new,old`:
   * everything is re-encrypted with the first.
   * @default none
   */
  secretKey?: string
  /**
   * What `secretKey` encrypts. `secrets`: as above. `all`: e-mail addresses, phone numbers, metadata, session data and password hashes
   * as well; the whole file is rewritten at the start that changes it. Without it, a file stays as it is.
   * @default as the file is; of a new one, 'secrets'
   */
  encryption?: 'secrets' | 'all'
  /**
   * What a power cut may undo: `full` nothing that was acknowledged, `normal` the newest writes (`docs/container.md`).
   * @default 'full'
   */
  durability?: 'full' | 'normal'
  /** Longest time in milliseconds that a password waits to be hashed; 0 for no limit. More is refused at once. @default 4000 */
  maxHashWait?: number
  /** Backups at intervals (`docs/backup.md`). Times in milliseconds. @default none */
  backups?: { directory: string, every?: number, keep?: number, key?: string }
  /** Whether `fastify-2fa backup` of the same user may back up the running Core, by a socket beside the file. @default false */
  backupSocket?: boolean
  /** Settings under the real Core's configuration names, for example `access_token_validity`. @default {} */
  config?: Record<string, string | number | boolean>
}

/** An account of Twilio. */
interface TwilioAccount { accountSid: string, authToken: string, baseUrl?: string }

/** Settings of the built-in SMS providers; see `docs/delivery.md`. */
export type SmsOptions =
  | { provider: 'log' }
  | TwilioAccount & { provider: 'twilio', from?: string, messagingServiceSid?: string }
  | TwilioAccount & { provider: 'twilio-whatsapp', contentSid: string, from?: string, messagingServiceSid?: string }
  | TwilioAccount & { provider: 'twilio-voice', from: string }
  | { provider: 'webhook', url: string, secret: string }
  | { provider: 'supertokens', apiKey: string }
  | HttpSmsOptions

/** A built-in provider's settings, or your own sender. */
export type SmsProvider = SmsOptions | SmsSender

/** Who sends text messages to which country; in order, where there are several. */
export interface SmsByCountry {
  default: SmsProvider | readonly SmsProvider[]
  /** By ISO code (`US`) or calling code (`49`). An ISO code goes first. @default {} */
  countries?: Readonly<Record<string, SmsProvider | readonly SmsProvider[]>>
}

/** Settings of the built-in mail providers; see `docs/delivery.md`. */
export type MailOptions =
  | { provider: 'log' }
  | { provider: 'smtp', host: string, port: number, secure?: boolean, user?: string, password?: string, from: string }
