import type { FastifyBaseLogger } from 'fastify'
import { DeliveryFailed } from '../errors.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged } from '../outage/circuit.js'

/** A text message about to be sent. */
export interface SmsMessage {
  /** Receiver in E.164, for example `+14155550101`. */
  to: string
  /** The whole text, code included. */
  body: string
  /** The one-time code inside `body`, when there is one. */
  code?: string
  /** The link inside `body`, when there is one. */
  link?: string
  /** How long the code is valid, in milliseconds; for providers that write the text themselves. @default 900000, the Core's own default */
  codeLifetime?: number
}

/** An e-mail about to be sent, as plain text. */
export interface MailMessage {
  to: string
  subject: string
  /** The whole text, link included. */
  body: string
  /** The link inside `body`. */
  link?: string
}

/** What a sender is told beside the message. */
export interface SendContext {
  /** Aborts when the time for sending is up; a sender may hand it on to `fetch` and the like. */
  signal: AbortSignal
}

/**
 * Sends messages. `send` resolves when the provider has taken the message and rejects with
 * `AUTH_DELIVERY_FAILED` when it has not; whatever it throws, it never repeats the message.
 */
export interface Sender<Message> {
  /** Shown in the start-up summary, for example `twilio`. */
  readonly name: string
  /** The context is there when the app calls, and absent when somebody calls a sender by hand. */
  send (message: Message, context?: SendContext): Promise<void>
  /** Frees sockets and pools; called once when the app closes. */
  close?(): void | Promise<void>
}

export type SmsSender = Sender<SmsMessage>
export type MailSender = Sender<MailMessage>

/** One delivered message as tests and `GET /dev/outbox` see it. */
export interface OutboxEntry {
  channel: 'sms' | 'mail'
  to: string
  body: string
  code?: string
  link?: string
  /** ISO 8601, UTC. */
  time: string
}

/** The part of a pino logger that delivery uses. */
export type DeliveryLogger = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn'>

/** How {@link guardSender} treats a sender. */
export interface GuardOptions<Message> {
  channel: OutboxEntry['channel']
  logger: DeliveryLogger
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number | undefined
  /** Refuses or cleans a message before any sender sees it. */
  prepare (message: Message): Message
}

const CHANNEL_NAMES = { sms: 'SMS', mail: 'e-mail' }

// Codes of Node, undici, OpenSSL and nodemailer. Digits are left out on purpose: what a stranger's error calls its
// `code` might be the one-time code.
const ERROR_CODE = /^(?:E[A-Z_]{3,}|(?:ERR|UND|CERT|DEPTH|SELF|UNABLE|HOSTNAME)_[A-Z_]+)$/

const ourFailures = new WeakSet<object>()

/** An error whose text we wrote ourselves, and which therefore may be shown as the cause of a failed delivery. */
export function failure (cause: string): Error {
  const error = new Error(cause)
  ourFailures.add(error)
  return error
}

function property (value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

/**
 * Reduces any error to a code and a status. The messages, responses and causes of providers' errors repeat the
 * receiver, the text or the credentials more often than not, so nothing else of them survives.
 */
export function shortCause (error: unknown): string {
  if (error instanceof Error && ourFailures.has(error)) return error.message
  // nodemailer keeps the system's code as `originalCode`, fetch in its `cause`; both say more than what wraps them.
  const code = [property(error, 'originalCode'), property(error, 'code'), property(property(error, 'cause'), 'code')]
    .find((value) => typeof value === 'string' && ERROR_CODE.test(value))
  const status = ['statusCode', 'status', 'responseCode'].map((key) => property(error, key))
    .find((value) => Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600)
  const parts = [code, status === undefined ? undefined : `status ${String(status)}`].filter((part) => part !== undefined)
  return parts.join(', ') || 'unknown error'
}

/** Enough of a receiver to find it again in a log, never the whole of it. */
export function maskReceiver (to: string): string {
  const at = to.lastIndexOf('@')
  return at > 0 ? `${to.charAt(0)}***${to.slice(at)}` : `***${to.slice(-3)}`
}

/** Whether traffic to a host name stays on this machine, so that it needs no TLS. */
export function isLoopback (host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/.test(host)
}

/** Settles when `work` does, or rejects when the time is up: a sender that hangs must not hang a sign-in. */
async function within (timeout: number, work: (context: SendContext) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(failure('ETIMEDOUT'), { code: 'ETIMEDOUT' })
      // Rejecting first makes this the outcome, whatever the sender turns the abort into.
      reject(error)
      controller.abort(error)
    }, timeout)
  })
  try {
    await Promise.race([work({ signal: controller.signal }), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Whether an option is an app's own sender rather than the settings of one of ours. */
export function isSender<Message> (option: object): option is Sender<Message> {
  const { name, send } = option as Partial<Sender<Message>>
  return typeof send === 'function' && typeof name === 'string' && name !== ''
}

/** What no receiver can bring about: a provider that refuses one number must not be taken for one that is down. */
function isOutage (error: unknown): boolean {
  const status = ['statusCode', 'status'].map((key) => property(error, key)).find((value) => typeof value === 'number')
  return isNetworkFailure(error) || (typeof status === 'number' && isGatewayFailure(status))
}

/** Gives any sender, ours or an app's own, the same time limit, the same checks, the same tight-lipped errors, and a rest while it is down. */
export function guardSender<Message extends { to: string }> (sender: Sender<Message>, options: GuardOptions<Message>): Sender<Message> {
  const { channel, logger, timeout = 10_000, prepare } = options
  const circuit = createCircuit({ ...logged(logger, `the ${CHANNEL_NAMES[channel]} sender ${sender.name}`), isOutage })
  return {
    name: sender.name,
    async send (message) {
      const details: Record<string, string> = { channel, sender: sender.name }
      try {
        const prepared = prepare(message)
        // Only now, since the mask is made for receivers of the right form.
        details['to'] = maskReceiver(prepared.to)
        await circuit.run(() => within(timeout, (context) => sender.send(prepared, context)))
      } catch (error) {
        const cause = isPaused(error) ? 'has not answered several times' : shortCause(error)
        logger.warn({ ...details, cause }, 'message not sent')
        // The original error is not attached as `cause`: loggers print causes whole.
        throw new DeliveryFailed(CHANNEL_NAMES[channel], sender.name, cause)
      }
      logger.debug(details, 'message sent')
    },
    async close () {
      await sender.close?.()
    }
  }
}
