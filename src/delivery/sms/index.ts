import { failure } from '../failures.js'
import { guardSender } from '../guard.js'
import { isSender } from '../sender.js'
import type { DeliveryLogger, DeliveryWatch, SmsMessage, SmsSender } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { SmsOptions } from '../../options/connections.js'
import type { Outbox } from '../outbox.js'
import { createLogSmsSender } from './log.js'
import { createSuperTokensSmsSender } from './supertokens.js'
import { createTwilioSender } from './twilio.js'
import { createWebhookSender } from './webhook.js'

/** What an SMS sender needs from its app. */
export interface SmsDependencies {
  logger: DeliveryLogger
  /** Receives the messages of the `log` provider. */
  outbox: Outbox
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number
  /** Whether the provider may learn the trace that a message is part of. @default false */
  traceSenders?: boolean
  watch?: DeliveryWatch
  /** Used by SuperTokens' relay, which writes the texts itself. @default 'fastify-2fa' */
  appName?: string
}

// E.164. The check also keeps line breaks and second receivers out of the providers' requests.
const PHONE_NUMBER = /^\+[1-9]\d{2,14}$/

function prepare (message: SmsMessage): SmsMessage {
  if (!PHONE_NUMBER.test(message.to)) throw failure('the receiver is not a phone number in E.164')
  return message
}

function createProvider (options: SmsOptions, dependencies: SmsDependencies): SmsSender {
  switch (options.provider) {
    case 'log': return createLogSmsSender(dependencies)
    case 'twilio': return createTwilioSender(options)
    case 'webhook': return createWebhookSender(options)
    case 'supertokens': return createSuperTokensSmsSender(options, { appName: dependencies.appName ?? 'fastify-2fa' })
    default: throw new OptionsInvalid('sms.provider must be one of log, twilio, webhook, supertokens; your own sender needs a name and a send function')
  }
}

/**
 * Creates a sender of text messages from a built-in provider's settings or from an app's own sender. Throws
 * `AUTH_OPTIONS_INVALID` for settings that cannot work; `send` rejects only with `AUTH_DELIVERY_FAILED`.
 *
 * @example
 * const sms = createSmsSender({ provider: 'log' }, { logger: app.log, outbox })
 * await sms.send({ to: '+14155550101', body: 'Your code is 123456', code: '123456' })
 */
export function createSmsSender (options: SmsOptions | SmsSender, dependencies: SmsDependencies): SmsSender {
  const { logger, timeout, traceSenders, watch } = dependencies
  const sender = isSender(options) ? options : createProvider(options, dependencies)
  return guardSender(sender, { channel: 'sms', logger, timeout, traceSenders, watch, prepare })
}
