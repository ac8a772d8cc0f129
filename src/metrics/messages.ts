import { createHash, randomBytes } from 'node:crypto'
import type { Fate, Sent } from '../delivery/sender.js'
import { createBounded } from './bounded.js'
import type { Instruments } from './instruments.js'

const MOST_PROVIDERS = 10
/** Mails whose provider is remembered until they are answered. A few hundred kilobytes. */
const MOST_SENT = 10_000

interface MessagesOptions {
  instruments: Instruments
  countryOf: (number: string) => string
  /** The provider of mails, for codes that another replica has sent. */
  mailProvider: () => string
}

/** Counts messages, and codes that were answered, by provider and country. */
export function createMessages ({ instruments: { count, observe }, countryOf, mailProvider }: MessagesOptions) {
  const bounded = createBounded(MOST_PROVIDERS)
  // Hashes with a key of this process: numbers and addresses are not kept.
  const key = randomBytes(32)
  const sentBy = new Map<string, string>()
  const place = (channel: Sent['channel'], to: string): string => createHash('sha256').update(key).update(`${channel} ${to}`).digest('base64').slice(0, 16)
  const country = (channel: Sent['channel'], to: string): string => channel === 'sms' ? countryOf(to) : ''

  function remember (place: string, provider: string): void {
    // Behind all others: the oldest are forgotten first.
    sentBy.delete(place)
    sentBy.set(place, provider)
    if (sentBy.size > MOST_SENT) sentBy.delete(sentBy.keys().next().value as string)
  }

  return {
    sent ({ channel, sender, to, kind, outcome, seconds }: Sent): void {
      const provider = bounded(sender)
      count('messages_total', { channel, provider, country: country(channel, to), kind, outcome })
      if (outcome !== 'paused') observe('message_duration_seconds', { channel, provider }, seconds)
      if (channel === 'mail' && kind === 'code' && outcome === 'accepted') remember(place(channel, to), provider)
    },

    /** What a provider reported of a text message, once for each. */
    fate (sender: string, to: string, fate: Exclude<Fate, undefined>): void {
      count('message_receipts_total', { provider: bounded(sender), country: countryOf(to), fate })
    },

    /** @param smsProvider of a text message */
    answered (kind: string, to: string, smsProvider?: string): void {
      const channel = kind === 'phone' ? 'sms' : 'mail'
      const at = place(channel, to)
      const provider = bounded(smsProvider ?? sentBy.get(at) ?? mailProvider())
      sentBy.delete(at)
      count('codes_answered_total', { channel, provider, country: country(channel, to) })
    }
  }
}
