import { failure } from '../failures.js'
import { guardSender } from '../guard.js'
import { isSender } from '../sender.js'
import type { DeliveryLogger, DeliveryWatch, MailMessage, MailSender } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { MailOptions } from '../../options/connections.js'
import type { Outbox } from '../outbox.js'
import { MAIL_ADDRESS } from './address.js'
import { createLogMailSender } from './log.js'
import { createSmtpSender } from './smtp.js'

/** What a mail sender needs from its app. */
export interface MailDependencies {
  logger: DeliveryLogger
  /** Receives the messages of the `log` provider. */
  outbox: Outbox
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number
  /** Whether the provider may learn the trace that a message is part of. @default false */
  traceSenders?: boolean
  watch?: DeliveryWatch
}

function prepare (message: MailMessage): MailMessage {
  if (!MAIL_ADDRESS.test(message.to)) throw failure('the receiver is not an e-mail address')
  // A line break in the subject would let the text add headers of its own.
  return { ...message, subject: message.subject.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ') }
}

function createProvider (options: MailOptions, dependencies: MailDependencies): MailSender {
  switch (options.provider) {
    case 'log': return createLogMailSender(dependencies)
    case 'smtp': return createSmtpSender(options, { timeout: dependencies.timeout })
    default: throw new OptionsInvalid('mail.provider must be one of log, smtp; your own sender needs a name and a send function')
  }
}

/**
 * Creates a sender of mails from a built-in provider's settings or from an app's own sender. Throws
 * `AUTH_OPTIONS_INVALID` for settings that cannot work; `send` rejects only with `AUTH_DELIVERY_FAILED`.
 *
 * @example
 * const mail = createMailSender({
 *   provider: 'smtp', host: 'smtp.example.com', port: 465, from: 'App <no-reply@example.com>'
 * }, { logger: app.log, outbox })
 */
export function createMailSender (options: MailOptions | MailSender, dependencies: MailDependencies): MailSender {
  const { logger, timeout, traceSenders, watch } = dependencies
  const sender = isSender(options) ? options : createProvider(options, dependencies)
  return guardSender(sender, { channel: 'mail', logger, timeout, traceSenders, watch, prepare })
}
