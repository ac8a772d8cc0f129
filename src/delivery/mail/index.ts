import { failure } from '../failures.js'
import { guardSender } from '../guard.js'
import { isSender } from '../sender.js'
import type { DeliveryLogger, MailMessage, MailSender } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { MailOptions } from '../../options/options.js'
import type { Outbox } from '../outbox.js'
import { MAIL_ADDRESS } from './address.js'
import { createLogMailSender } from './log.js'
import { createSmtpSender } from './smtp.js'

/** What a sender of mails needs of the app around it. */
export interface MailDependencies {
  logger: DeliveryLogger
  /** Where the `log` provider puts its messages. */
  outbox: Outbox
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number
}

function prepare (message: MailMessage): MailMessage {
  if (!MAIL_ADDRESS.test(message.to)) throw failure('the receiver is not an e-mail address')
  // A line break in a subject would start a header of the sender's choice.
  return { ...message, subject: message.subject.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ') }
}

function createProvider (options: MailOptions, dependencies: MailDependencies): MailSender {
  switch (options.provider) {
    case 'log': return createLogMailSender(dependencies)
    case 'smtp': return createSmtpSender(options, { timeout: dependencies.timeout })
    default: throw new OptionsInvalid('mail.provider must be one of log, smtp; an own sender needs a name and a send function')
  }
}

/**
 * Sends mails through a named provider or an app's own sender. Throws `AUTH_OPTIONS_INVALID` for settings that cannot
 * work; `send` rejects with `AUTH_DELIVERY_FAILED` only.
 *
 * @example
 * const mail = createMailSender({ provider: 'smtp', host: 'smtp.example.com', port: 465, from: 'App <no-reply@example.com>' }, { logger: app.log, outbox })
 */
export function createMailSender (options: MailOptions | MailSender, dependencies: MailDependencies): MailSender {
  const { logger, timeout } = dependencies
  const sender = isSender(options) ? options : createProvider(options, dependencies)
  return guardSender(sender, { channel: 'mail', logger, timeout, prepare })
}
