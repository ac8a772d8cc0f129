import type { FastifyBaseLogger } from 'fastify'

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

/** Whether an option is an app's own sender rather than the settings of one of ours. */
export function isSender<Message> (option: object): option is Sender<Message> {
  const { name, send } = option as Partial<Sender<Message>>
  return typeof send === 'function' && typeof name === 'string' && name !== ''
}
