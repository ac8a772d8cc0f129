import { DeliveryFailed } from '../errors.js'
import { createCircuit, isPaused, logged } from '../outage/circuit.js'
import { isOutage, shortCause } from './failures.js'
import { maskReceiver } from './mask.js'
import type { DeliveryLogger, OutboxEntry, Sender } from './sender.js'
import { within } from './time-limit.js'

/** How {@link guardSender} treats a sender. */
export interface GuardOptions<Message> {
  channel: OutboxEntry['channel']
  logger: DeliveryLogger
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number | undefined
  /** Checks or cleans a message before the sender gets it; throws to refuse it. */
  prepare (message: Message): Message
}

const CHANNEL_NAMES = { sms: 'SMS', mail: 'e-mail' }

/** Wraps any sender, built-in or an app's own, with the same time limit, checks, terse errors and circuit breaker. */
export function guardSender<Message extends { to: string }> (sender: Sender<Message>, options: GuardOptions<Message>): Sender<Message> {
  const { channel, logger, timeout = 10_000, prepare } = options
  const circuit = createCircuit({ ...logged(logger, `the ${CHANNEL_NAMES[channel]} sender ${sender.name}`), isOutage })
  return {
    name: sender.name,
    async send (message) {
      const details: Record<string, string> = { channel, sender: sender.name }
      try {
        const prepared = prepare(message)
        // Mask only after `prepare` has checked the format.
        details['to'] = maskReceiver(prepared.to)
        await circuit.run(() => within(timeout, (signal) => sender.send(prepared, { signal })))
      } catch (error) {
        const cause = isPaused(error) ? 'has not answered several times' : shortCause(error)
        logger.warn({ ...details, cause }, 'message not sent')
        // Do not attach the original error as `cause`: loggers print causes in full.
        throw new DeliveryFailed(CHANNEL_NAMES[channel], sender.name, cause)
      }
      logger.debug(details, 'message sent')
    },
    async close () {
      await sender.close?.()
    }
  }
}
