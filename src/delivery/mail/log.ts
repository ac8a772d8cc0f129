import type { DeliveryLogger, MailSender } from '../sender.js'
import type { Outbox } from '../outbox.js'

/**
 * Writes the message to the log and the outbox instead of sending it. For development only: it prints sign-in links on
 * purpose, which nothing else in this package does.
 */
export function createLogMailSender ({ logger, outbox }: { logger: DeliveryLogger, outbox: Outbox }): MailSender {
  return {
    name: 'log',
    async send ({ to, subject, body, code, link }) {
      outbox.add({ channel: 'mail', to, body, ...(code !== undefined && { code }), ...(link !== undefined && { link }) })
      logger.info({ channel: 'mail', sender: 'log' }, `e-mail to ${to}: ${subject}: ${body}`)
    }
  }
}
