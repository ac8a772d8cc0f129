import type { FastifyBaseLogger } from 'fastify'
import type { Networks } from '../limits/network.js'

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
  /** Where the provider may report what became of the message, for each message another URL. Only with `smsReceipts`. */
  receiptUrl?: string
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

/** What a provider reports about a message, once the URL has proved which one it is. */
export interface ReceiptRequest {
  /** As the provider called it. */
  url: string
  /** Without its `?`. */
  query: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** The media type of `body`, in lower case. */
  type: string
  /** As received. */
  body: string
}

/** What became of a message; undefined as long as that is open. */
export type Fate = 'delivered' | 'undelivered' | undefined

export interface SmsSender extends Sender<SmsMessage> {
  /**
   * Reads a receipt. `send` gives the provider the `receiptUrl` of its context for it.
   *
   * @throws if it is not the provider's
   */
  receipt? (request: ReceiptRequest): Fate
  /** Whether a message that did not arrive says that the number takes none. @default true */
  receiptsTellOfNumbers?: boolean
}
export type MailSender = Sender<MailMessage>

/** Who asked for a text message. */
export interface Asker {
  /** Of the client. */
  networks?: Networks
}

/** How the app sends text messages: by one provider, or by several in order. */
export interface SmsDelivery {
  /** Of all senders. */
  readonly name: string
  /** Of each. */
  readonly names: readonly string[]
  send (message: SmsMessage, asker?: Asker): Promise<void>
  /** Says that the code in the newest message to a number was right. @returns the name of the sender that sent it, as far as it is known */
  answered (to: string): string
  /** All of its senders that read receipts, by name. */
  readonly receipts: ReadonlyMap<string, SmsSender>
  close (): Promise<void>
}

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

/** What a message is for. */
export function kindOf ({ code, link }: { code?: string, link?: string }): Sent['kind'] {
  if (code !== undefined) return 'code'
  return link === undefined ? 'notice' : 'link'
}

/** Hears what becomes of messages. */
export interface DeliveryWatch {
  sent (message: Sent): void
  /** What the provider of a text message has reported of it. */
  fate (sender: string, to: string, fate: Exclude<Fate, undefined>): void
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
