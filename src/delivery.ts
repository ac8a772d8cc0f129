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

/**
 * Sends messages. `send` resolves when the provider has taken the message and rejects with
 * `AUTH_DELIVERY_FAILED` when it has not; whatever it throws, it never repeats the message.
 */
export interface Sender<Message> {
  /** Shown in the start-up summary, for example `twilio`. */
  readonly name: string
  send (message: Message): Promise<void>
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
