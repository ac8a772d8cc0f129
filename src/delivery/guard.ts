import { performance } from 'node:perf_hooks'
import { DeliveryFailed } from '../errors.js'
import { createCircuit, isPaused, logged } from '../outage/circuit.js'
import { inSending, traceHeaders } from '../tracing/calls.js'
import { currentRequestId } from '../tracing/request-id.js'
import { ATTRIBUTES } from '../tracing/spans.js'
import { isOutage, shortCause } from './failures.js'
import { maskReceiver } from './mask.js'
import { type DeliveryLogger, type DeliveryWatch, kindOf, type OutboxEntry, type Sender, type Sent } from './sender.js'
import { within } from './time-limit.js'

/** How {@link guardSender} treats a sender. */
export interface GuardOptions<Message> {
  channel: OutboxEntry['channel']
  logger: DeliveryLogger
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number | undefined
  /** Whether the provider may learn the trace that a message is part of. @default false */
  traceSenders?: boolean | undefined
  watch?: DeliveryWatch | undefined
  /** Checks or cleans a message before the sender gets it; throws to refuse it. */
  prepare (message: Message): Message
}

const CHANNEL_NAMES = { sms: 'SMS', mail: 'e-mail' }

/** Wraps any sender, built-in or an app's own, with the same time limit, checks, terse errors and circuit breaker. */
export function guardSender<Message extends { to: string, code?: string, link?: string }> (sender: Sender<Message>, options: GuardOptions<Message>): Sender<Message> {
  const { channel, logger, timeout = 10_000, traceSenders = false, watch, prepare } = options
  const { onDown, onUp } = logged(logger, `the ${CHANNEL_NAMES[channel]} sender ${sender.name}`)
  const circuit = createCircuit({
    isOutage,
    onDown () {
      onDown()
      watch?.outage(channel, sender.name, true)
    },
    onUp () {
      onUp()
      watch?.outage(channel, sender.name, false)
    }
  })
  return {
    name: sender.name,
    async send (message) {
      await inSending({ channel, sender: sender.name, tells: traceSenders }, async (step) => {
        const requestId = currentRequestId()
        const details: Record<string, string> = { ...(requestId !== undefined && { reqId: requestId }), channel, sender: sender.name }
        const start = performance.now()
        const tell = (outcome: Sent['outcome']): void => {
          watch?.sent({ channel, sender: sender.name, to: message.to, kind: kindOf(message), outcome, seconds: (performance.now() - start) / 1000 })
        }
        try {
          const prepared = prepare(message)
          // Mask only after `prepare` has checked the format.
          details['to'] = maskReceiver(prepared.to)
          const context = { ...(requestId !== undefined && { requestId }), ...(traceSenders && { traceHeaders: traceHeaders() }) }
          await circuit.run(() => within(timeout, (signal) => sender.send(prepared, { ...context, signal })))
        } catch (error) {
          const cause = isPaused(error) ? 'has not answered several times' : shortCause(error)
          logger.warn({ ...details, cause }, 'message not sent')
          step.set(ATTRIBUTES.cause, cause)
          tell(isPaused(error) ? 'paused' : 'failed')
          // Do not attach the original error as `cause`: loggers print causes in full.
          throw new DeliveryFailed(CHANNEL_NAMES[channel], sender.name, cause)
        }
        logger.debug(details, 'message sent')
        tell('accepted')
      })
    },
    async close () {
      await sender.close?.()
    }
  }
}
