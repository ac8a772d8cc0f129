import type { DeliveryLogger, SmsSender } from '../sender.js'
import type { Outbox } from '../outbox.js'

/**
 * Writes the message to the log and the outbox instead of sending it. For development only: it prints codes and whole
 * numbers on purpose, which nothing else in this package does.
 */
export function createLogSmsSender ({ logger, outbox }: { logger: DeliveryLogger, outbox: Outbox }): SmsSender {
  return {
    name: 'log',
    async send ({ to, body, code, link }) {
      outbox.add({ channel: 'sms', to, body, ...(code !== undefined && { code }), ...(link !== undefined && { link }) })
      // Put everything into the text: apps redact fields such as `code` and `to`, and here they are the point.
      logger.info({ channel: 'sms', sender: 'log' }, `SMS to ${to}: ${body}`)
    }
  }
}
