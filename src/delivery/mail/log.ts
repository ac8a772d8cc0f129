import type { DeliveryLogger, MailSender } from '../sender.js'
import type { Outbox } from '../outbox.js'

/**
 * Sends nothing: writes the message to the log and the outbox. For development only, since by design it prints
 * links that sign people in, which nothing else in this package ever does.
 */
export function createLogMailSender ({ logger, outbox }: { logger: DeliveryLogger, outbox: Outbox }): MailSender {
  return {
    name: 'log',
    async send ({ to, subject, body, link }) {
      outbox.add({ channel: 'mail', to, body, ...(link !== undefined && { link }) })
      logger.info({ channel: 'mail', sender: 'log' }, `e-mail to ${to}: ${subject}: ${body}`)
    }
  }
}
