import { performance } from 'node:perf_hooks'
import { DeliveryFailed } from '../../errors.js'
import { failure, isNotConnected, isOutage, isReceiverRefused, shortCause } from '../failures.js'
import { inSending, traceHeaders } from '../../tracing/calls.js'
import { currentRequestId } from '../../tracing/request-id.js'
import { ATTRIBUTES } from '../../tracing/spans.js'
import { maskReceiver } from '../mask.js'
import { type Asker, type DeliveryLogger, type DeliveryWatch, kindOf, type SendContext, type Sent, type SmsDelivery, type SmsMessage, type SmsSender } from '../sender.js'
import { within } from '../time-limit.js'
import { publishSms } from './events.js'
import { createHealth, PAUSED, type Health } from './health.js'
import { createRecent } from './recent.js'

/** The senders for a number, in order. */
export type Routes = (to: string) => readonly SmsSender[]

export interface ChainOptions {
  /** All senders, each once. */
  senders: readonly SmsSender[]
  routes: Routes
  logger: DeliveryLogger
  /** Milliseconds until a message counts as not sent, over all senders together. @default 10000 */
  timeout?: number | undefined
  /** Whether providers may learn the trace that a message is part of. @default false */
  traceSenders?: boolean | undefined
  watch?: DeliveryWatch | undefined
  /** Where a receipt of this message can be sent. */
  receiptUrl?: ((provider: string, to: string, asker: Asker) => string | undefined) | undefined
  /** Hears of each message that was perhaps sent by one provider before another one sent it. */
  onSentTwice?: ((to: string) => void) | undefined
}

// E.164. The check also keeps line breaks and second receivers out of the providers' requests.
const PHONE_NUMBER = /^\+[1-9]\d{2,14}$/

/** Starts behind the sender that had its turn, so that a code that did not arrive takes another way. */
function startingBehind (senders: readonly SmsSender[], name: string | undefined): readonly SmsSender[] {
  const at = senders.findIndex((sender) => sender.name === name)
  return at < 0 ? senders : [...senders.slice(at + 1), ...senders.slice(0, at + 1)]
}

/**
 * Sends each message by the first sender that takes it, with the same time limit, checks and terse errors for all of
 * them, built-in or an app's own.
 *
 * A sender that does not answer in its part of the time may have sent the message. The next one sends it again: that
 * costs one message more, and the code in both is the same.
 */
export function createChain ({ senders, routes, logger, timeout = 10_000, traceSenders = false, watch, receiptUrl, onSentTwice }: ChainOptions): SmsDelivery {
  const health = new Map<SmsSender, Health>(senders.map((sender) => [sender, createHealth({
    logger,
    name: `the SMS sender ${sender.name}`,
    onOutage (isDown) { watch?.outage('sms', sender.name, isDown) }
  })]))
  const recent = createRecent()
  const names = senders.map((sender) => sender.name)
  const name = names.join(', ')

  /** @returns why it was not sent */
  async function attempt (sender: SmsSender, message: SmsMessage, time: number, asker: Asker): Promise<{ error: unknown } | undefined> {
    const url = sender.receipt === undefined ? undefined : receiptUrl?.(sender.name, message.to, asker)
    return await inSending({ channel: 'sms', sender: sender.name, tells: traceSenders }, async (step) => {
      const requestId = currentRequestId()
      const told: Omit<SendContext, 'signal'> = { ...(url !== undefined && { receiptUrl: url }), ...(requestId !== undefined && { requestId }), ...(traceSenders && { traceHeaders: traceHeaders() }) }
      try {
        await health.get(sender)!.run(message.to, () => within(time, (signal) => sender.send(message, { ...told, signal })))
        return undefined
      } catch (error) {
        // Nothing of the provider's own words is in a span.
        step.set(ATTRIBUTES.cause, shortCause(error))
        step.fail(new DeliveryFailed().code)
        return { error }
      }
    })
  }

  async function sendInTurn (message: SmsMessage, asker: Asker): Promise<void> {
    const { to } = message
    const start = performance.now()
    const all = routes(to)
    const order = message.code === undefined ? all : startingBehind(all, recent.get(to))
    const requestId = currentRequestId()
    const details = { ...(requestId !== undefined && { reqId: requestId }), channel: 'sms', to: maskReceiver(to) }
    const kind = kindOf(message)
    const causes: string[] = []
    let isPerhapsSent = false
    for (const [index, sender] of order.entries()) {
      const left = timeout - (performance.now() - start)
      if (left <= 0) break
      const begin = performance.now()
      const tell = (outcome: Sent['outcome']): void => {
        watch?.sent({ channel: 'sms', sender: sender.name, to, kind, outcome, seconds: (performance.now() - begin) / 1000 })
      }
      const failed = await attempt(sender, message, left / (order.length - index), asker)
      if (failed !== undefined) {
        const { error } = failed
        const cause = shortCause(error)
        const isPaused = cause === PAUSED
        // The outage itself is in the log. Where another provider sends, each message need not say so again.
        logger[isPaused && index < order.length - 1 ? 'debug' : 'warn']({ ...details, sender: sender.name, cause }, 'message not sent')
        publishSms(isPaused ? 'paused' : 'failed', sender.name, to)
        tell(isPaused ? 'paused' : 'failed')
        causes.push(cause)
        isPerhapsSent ||= isOutage(error) && !isNotConnected(error)
        if (isReceiverRefused(error)) break
        continue
      }
      logger.debug({ ...details, sender: sender.name }, 'message sent')
      publishSms('sent', sender.name, to)
      tell('accepted')
      if (message.code !== undefined) recent.put(to, sender.name)
      if (isPerhapsSent) onSentTwice?.(to)
      return
    }
    // Do not attach the original errors as `cause`: loggers print causes in full.
    throw new DeliveryFailed('SMS', order.map((sender) => sender.name).join(', '), causes.join('; '))
  }

  return {
    name,
    names,
    receipts: new Map(senders.filter((sender) => sender.receipt !== undefined).map((sender) => [sender.name, sender])),
    async send (message, asker = {}) {
      // Before anything of it is shown, even masked.
      if (!PHONE_NUMBER.test(message.to)) {
        const { message: cause } = failure('the receiver is not a phone number in E.164')
        logger.warn({ channel: 'sms', sender: name, cause }, 'message not sent')
        throw new DeliveryFailed('SMS', name, cause)
      }
      await sendInTurn(message, asker)
    },
    answered (to) {
      const sender = recent.get(to) ?? routes(to)[0]!.name
      publishSms('answered', sender, to)
      recent.delete(to)
      return sender
    },
    async close () {
      await Promise.all(senders.map((sender) => sender.close?.()))
    }
  }
}
