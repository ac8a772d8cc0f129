import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { DeliveryFailed } from '../errors.js'
import { memberOf } from '../members.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged } from '../outage/circuit.js'
import { failure, shortCause } from './failures.js'
import { inSending, traceHeaders } from '../tracing/calls.js'
import { ATTRIBUTES } from '../tracing/spans.js'
import { currentRequestId } from '../tracing/request-id.js'
import { maskReceiver } from './mask.js'
import type { DeliveryLogger, DeliveryWatch, OutboxEntry, SendContext, Sender, Sent } from './sender.js'

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

/** Settles with `work`, or rejects after `timeout`: a sender that hangs must not hang a sign-in. */
async function within (timeout: number, work: (context: SendContext) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(failure('ETIMEDOUT'), { code: 'ETIMEDOUT' })
      // Reject before aborting, so that the time-out is the outcome whatever error the sender throws on abort.
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

/**
 * Whether the provider is down. A provider that refuses a single number is not: a receiver must not be able to cause an
 * outage.
 */
function isOutage (error: unknown): boolean {
  const status = ['statusCode', 'status'].map((key) => memberOf(error, key)).find((value) => typeof value === 'number')
  return isNetworkFailure(error) || (typeof status === 'number' && isGatewayFailure(status))
}

function kindOf ({ code, link }: { code?: string, link?: string }): Sent['kind'] {
  if (code !== undefined) return 'code'
  return link === undefined ? 'notice' : 'link'
}

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
          await circuit.run(() => within(timeout, ({ signal }) => sender.send(prepared, { ...context, signal })))
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
