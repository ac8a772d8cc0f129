/*
 * How the service is reached, and what it reaches: the Core and the providers of messages.
 */

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
   * What a power cut may undo: `full` nothing that was acknowledged, `normal` the newest writes (`docs/container.md`).
   * @default 'full'
   */
  durability?: 'full' | 'normal'
  /** Longest time in milliseconds that a password waits to be hashed; 0 for no limit. More is refused at once. @default 4000 */
  maxHashWait?: number
  /** Settings under the real Core's configuration names, for example `access_token_validity`. @default {} */
  config?: Record<string, string | number | boolean>
}

/** Settings of the built-in SMS providers; see `docs/delivery.md`. */
export type SmsOptions =
  | { provider: 'log' }
  | { provider: 'twilio', accountSid: string, authToken: string, from?: string, messagingServiceSid?: string, baseUrl?: string }
  | { provider: 'webhook', url: string, secret: string }
  | { provider: 'supertokens', apiKey: string }

/** Settings of the built-in mail providers; see `docs/delivery.md`. */
export type MailOptions =
  | { provider: 'log' }
  | { provider: 'smtp', host: string, port: number, secure?: boolean, user?: string, password?: string, from: string }
