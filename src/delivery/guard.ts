import { DeliveryFailed } from '../errors.js'
import { memberOf } from '../members.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged } from '../outage/circuit.js'
import { failure, shortCause } from './failures.js'
import { maskReceiver } from './mask.js'
import type { DeliveryLogger, OutboxEntry, SendContext, Sender } from './sender.js'

/** How {@link guardSender} treats a sender. */
export interface GuardOptions<Message> {
  channel: OutboxEntry['channel']
  logger: DeliveryLogger
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number | undefined
  /** Refuses or cleans a message before any sender sees it. */
  prepare (message: Message): Message
}

const CHANNEL_NAMES = { sms: 'SMS', mail: 'e-mail' }

/** Settles when `work` does, or rejects when the time is up: a sender that hangs must not hang a sign-in. */
async function within (timeout: number, work: (context: SendContext) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(failure('ETIMEDOUT'), { code: 'ETIMEDOUT' })
      // Rejecting first makes this the outcome, whatever the sender turns the abort into.
      reject(error)
      controller.abort(error)
    }, timeout)
  })
  try {
    await Promise.race([work({ signal: controller.signal }), late])
  } finally {
    clearTimeout(timer)
  }
}

/** What no receiver can bring about: a provider that refuses one number must not be taken for one that is down. */
function isOutage (error: unknown): boolean {
  const status = ['statusCode', 'status'].map((key) => memberOf(error, key)).find((value) => typeof value === 'number')
  return isNetworkFailure(error) || (typeof status === 'number' && isGatewayFailure(status))
}

/** Gives any sender, ours or an app's own, the same time limit, the same checks, the same tight-lipped errors, and a rest while it is down. */
export function guardSender<Message extends { to: string }> (sender: Sender<Message>, options: GuardOptions<Message>): Sender<Message> {
  const { channel, logger, timeout = 10_000, prepare } = options
  const circuit = createCircuit({ ...logged(logger, `the ${CHANNEL_NAMES[channel]} sender ${sender.name}`), isOutage })
  return {
    name: sender.name,
    async send (message) {
      const details: Record<string, string> = { channel, sender: sender.name }
      try {
        const prepared = prepare(message)
        // Only now, since the mask is made for receivers of the right form.
        details['to'] = maskReceiver(prepared.to)
        await circuit.run(() => within(timeout, (context) => sender.send(prepared, context)))
      } catch (error) {
        const cause = isPaused(error) ? 'has not answered several times' : shortCause(error)
        logger.warn({ ...details, cause }, 'message not sent')
        // The original error is not attached as `cause`: loggers print causes whole.
        throw new DeliveryFailed(CHANNEL_NAMES[channel], sender.name, cause)
      }
      logger.debug(details, 'message sent')
    },
    async close () {
      await sender.close?.()
    }
  }
}
