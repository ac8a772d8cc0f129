import type { FastifyBaseLogger } from 'fastify'

/** A text message to send. */
export interface SmsMessage {
  /** Receiver in E.164, for example `+14155550101`. */
  to: string
  /** The whole text, code included. */
  body: string
  /** The one-time code in `body`, if there is one. */
  code?: string
  /** The link in `body`, if there is one. */
  link?: string
  /**
   * Milliseconds that the code is valid; for providers that write the text themselves.
   * @default 900000, the Core's own default
   */
  codeLifetime?: number
  /** Language of `body` (BCP 47), for providers that write the text themselves. Unknown where the app wrote it. */
  language?: string
}

/** An e-mail to send, as plain text. */
export interface MailMessage {
  to: string
  subject: string
  /** The whole text, link included. */
  body: string
  /** The one-time code in `body`, if there is one. */
  code?: string
  /** The link in `body`, if there is one. */
  link?: string
  /** Language of the text (BCP 47). */
  language?: string
}

/** What a sender gets besides the message. */
export interface SendContext {
  /** Aborts when the time limit is reached. A sender can pass it on, to `fetch` for example. */
  signal: AbortSignal
  /** The id of the request that the message is for, for a header `X-Request-Id`. */
  requestId?: string
  /** Headers that continue the trace at the provider, such as `traceparent`. Empty unless `traceSenders` is set. */
  traceHeaders?: Record<string, string>
}

/**
 * Sends messages. `send` resolves once the provider has accepted the message, and rejects with `AUTH_DELIVERY_FAILED`
 * otherwise. Its error never repeats the message, whatever the sender throws.
 */
export interface Sender<Message> {
  /** Shown in the start-up summary, for example `twilio`. */
  readonly name: string
  /** The app always passes a context; direct calls of a sender may omit it. */
  send (message: Message, context?: SendContext): Promise<void>
  /** Frees sockets and pools. Called once, when the app closes. */
  close?(): void | Promise<void>
}

export type SmsSender = Sender<SmsMessage>
export type MailSender = Sender<MailMessage>

/** A delivered message, as tests and `GET /dev/outbox` see it. */
export interface OutboxEntry {
  channel: 'sms' | 'mail'
  to: string
  body: string
  code?: string
  link?: string
  /** ISO 8601, UTC. */
  time: string
}

/** What became of a message. */
export interface Sent {
  channel: OutboxEntry['channel']
  /** Name of the sender. */
  sender: string
  to: string
  kind: 'code' | 'link' | 'notice'
  /** `paused`: the provider was not asked, since it has not answered several times. */
  outcome: 'accepted' | 'failed' | 'paused'
  seconds: number
}

/** Hears what becomes of messages. */
export interface DeliveryWatch {
  sent (message: Sent): void
  /** A provider does not answer any more, or does again. */
  outage (channel: OutboxEntry['channel'], sender: string, isDown: boolean): void
}

/** The part of a pino logger that delivery uses. */
export type DeliveryLogger = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn'>

/** Whether an option is an app's own sender rather than the settings of a built-in one. */
export function isSender<Message> (option: object): option is Sender<Message> {
  const { name, send } = option as Partial<Sender<Message>>
  return typeof send === 'function' && typeof name === 'string' && name !== ''
}
