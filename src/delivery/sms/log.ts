import type { DeliveryLogger, SmsSender } from '../sender.js'
import type { Outbox } from '../outbox.js'

/**
 * Sends nothing: writes the message to the log and the outbox. For development only, since by design it prints
 * codes and whole numbers, which nothing else in this package ever does.
 */
export function createLogSmsSender ({ logger, outbox }: { logger: DeliveryLogger, outbox: Outbox }): SmsSender {
  return {
    name: 'log',
    async send ({ to, body, code, link }) {
      outbox.add({ channel: 'sms', to, body, ...(code !== undefined && { code }), ...(link !== undefined && { link }) })
      // All of it in the text, because apps redact fields such as `code` and `to`, and here they are the point.
      logger.info({ channel: 'sms', sender: 'log' }, `SMS to ${to}: ${body}`)
    }
  }
}
