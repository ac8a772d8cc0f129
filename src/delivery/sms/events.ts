import { channel } from 'node:diagnostics_channel'
import { regionOf } from '../../phone/countries.js'

/**
 * What became of a text message. For metrics: it holds no number, no text and no account.
 *
 * `sent`: a provider has taken it. `failed`: a provider has not, whether or not another one was asked next. `paused`: a
 * provider was not asked, since it has not answered several times. `answered`: its code was right. `delivered`,
 * `undelivered`: what a receipt said later.
 */
export interface SmsEvent {
  type: 'sent' | 'failed' | 'paused' | 'answered' | 'delivered' | 'undelivered'
  provider: string
  /** ISO code such as `US`, or a calling code such as `+882`. */
  country: string
}

/** Name of the `node:diagnostics_channel` that publishes every {@link SmsEvent}. */
export const SMS_CHANNEL = 'fastify-2fa:sms'

const events = channel(SMS_CHANNEL)

export function publishSms (type: SmsEvent['type'], provider: string, to: string): void {
  if (events.hasSubscribers) events.publish({ type, provider, country: regionOf(to) } satisfies SmsEvent)
}
