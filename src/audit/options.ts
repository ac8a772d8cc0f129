import { isLoopbackOrigin } from '../loopback.js'
import { memberOf } from '../members.js'
import type { AuditEvent } from './event.js'
import { postgresUrlProblem } from './webhook/postgres-url.js'
import { isWebhookSecret } from './webhook/signature.js'

/** A hash-chained file (`docs/audit.md#file`). */
export interface AuditFileOptions {
  /** One file for each process. It is created with mode 0600; its directory has to be there. */
  path: string
  /**
   * A key of 32 or more characters, for a MAC on each line. Whoever can write the file, and does not have the key,
   * cannot write the chain anew.
   * @default none
   */
  chainKey?: string
  /**
   * What a power cut may undo: the last `second`, or nothing (`always`: each event waits for the disk). A killed
   * process loses nothing either way.
   * @default 'second'
   */
  sync?: 'second' | 'always'
}

/** An HTTPS receiver, by Standard Webhooks (`docs/audit.md#webhook`). */
export interface AuditWebhookOptions {
  /** In production https. */
  url: string
  /** `whsec_` and base64 of 24 to 64 bytes. Several while they are replaced: each event is signed with all of them. */
  secrets: string[]
  /**
   * Where events wait for delivery: a SQLite file of this process alone, or the Redis or PostgreSQL that replicas share
   * (`docs/audit.md#postgresql`; takes the package pg).
   */
  outbox: { file: string } | { redisUrl: string } | { postgresUrl: string }
  /** Events that may wait. Then attempts of strangers are dropped first, and counted. @default 100000 */
  most?: number
  /** Milliseconds that an answer may take. @default 10000 */
  timeout?: number
}

/** A sink of the host's own. */
export interface AuditSink {
  name: string
  /** What it throws, or rejects with, is counted and logged; the event is not given to it again. */
  write (event: AuditEvent): void | Promise<void>
  close? (): void | Promise<void>
}

/** Where audit events go to, beside the log and the channel. */
export interface AuditTrailOptions {
  /** JSON lines on stdout. @default false */
  stdout?: boolean
  /** @default none */
  file?: AuditFileOptions
  /** @default none */
  webhook?: AuditWebhookOptions
  /**
   * Log records of OpenTelemetry. Takes the package @opentelemetry/api-logs, and does nothing without an SDK. @default
   * false
   */
  otel?: boolean
  /** Sinks of your own. @default [] */
  sinks?: AuditSink[]
  /**
   * Whether nobody gets a session, and nothing is changed, while an event cannot be kept in the file or the outbox: the
   * endpoints answer 503 then (`docs/audit.md#when-a-sink-fails`).
   * @default false
   */
  required?: boolean
}

const NAMES = ['stdout', 'file', 'webhook', 'otel', 'sinks', 'required']
export const SHORTEST_CHAIN_KEY = 32
export const DEFAULT_MOST = 100_000

export const isChainKey = (value: unknown): boolean => typeof value === 'string' && value.length >= SHORTEST_CHAIN_KEY && new Set(value).size >= 10

export const isWebhookUrl = (value: unknown): boolean => {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, password, hash } = new URL(value)
  return /^https?:$/.test(protocol) && username + password + hash === ''
}

/** Whether a webhook can be read in transit by others. */
export const isOpenWebhook = (url: string): boolean => URL.canParse(url) && new URL(url).protocol === 'http:' && !isLoopbackOrigin(new URL(url).origin)

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

function fileProblems (file: unknown): string[] {
  const [path, chainKey, sync] = ['path', 'chainKey', 'sync'].map((name) => memberOf(file, name))
  return [
    ...(isText(path) ? [] : ['audit.file.path must be a path']),
    ...(chainKey === undefined || isChainKey(chainKey) ? [] : [`audit.file.chainKey must have ${SHORTEST_CHAIN_KEY} or more characters, ten of them different`]),
    ...(sync === undefined || sync === 'second' || sync === 'always' ? [] : ['audit.file.sync must be second or always'])
  ]
}

function outboxProblems (outbox: unknown): string[] {
  const given = ['file', 'redisUrl', 'postgresUrl'].filter((name) => isText(memberOf(outbox, name)))
  if (given.length !== 1) return ['audit.webhook.outbox must be one of { file }, { redisUrl } and { postgresUrl }']
  const problem = given[0] === 'postgresUrl' ? postgresUrlProblem(memberOf(outbox, 'postgresUrl')) : undefined
  return problem === undefined ? [] : [`audit.webhook.outbox.postgresUrl ${problem}`]
}

function webhookProblems (webhook: unknown): string[] {
  const [url, secrets, outbox, most, timeout] = ['url', 'secrets', 'outbox', 'most', 'timeout'].map((name) => memberOf(webhook, name))
  const isNumber = (value: unknown, least: number): boolean => value === undefined || (Number.isInteger(value) && (value as number) >= least)
  return [
    ...(isWebhookUrl(url) ? [] : ['audit.webhook.url must be an http(s) URL without credentials']),
    ...(Array.isArray(secrets) && secrets.length > 0 && secrets.every(isWebhookSecret) ? [] : ['audit.webhook.secrets must be a list of secrets, each whsec_ and base64 of 24 to 64 bytes']),
    ...outboxProblems(outbox),
    ...(isNumber(most, 1000) ? [] : ['audit.webhook.most must be a whole number, 1000 or more']),
    ...(isNumber(timeout, 100) ? [] : ['audit.webhook.timeout must be milliseconds, 100 or more'])
  ]
}

const isSink = (sink: unknown): boolean => isText(memberOf(sink, 'name')) && typeof memberOf(sink, 'write') === 'function'

/** What is wrong with the option `audit`. */
export function auditProblems (audit: unknown): string[] {
  if (audit === undefined) return []
  if (typeof audit !== 'object' || audit === null) return ['audit must be an object such as { stdout: true }']
  const { stdout, file, webhook, otel, sinks, required } = audit as Record<string, unknown>
  const flags = { stdout, otel, required }
  return [
    ...Object.keys(audit).filter((name) => !NAMES.includes(name)).map((name) => `audit.${name} is not an option`),
    ...Object.entries(flags).filter(([, value]) => value !== undefined && typeof value !== 'boolean').map(([name]) => `audit.${name} must be true or false`),
    ...(file === undefined ? [] : fileProblems(file)),
    ...(webhook === undefined ? [] : webhookProblems(webhook)),
    ...(sinks === undefined || (Array.isArray(sinks) && sinks.every(isSink)) ? [] : ['audit.sinks must be a list of { name, write }']),
    ...(required === true && file === undefined && webhook === undefined ? ['audit.required needs audit.file or audit.webhook'] : [])
  ]
}
