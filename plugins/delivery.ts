import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { MailSender, SmsSender } from '../src/delivery/sender.js'
import { createMailSender } from '../src/delivery/mail/index.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { createOutbox } from '../src/delivery/outbox.js'
import { DELIVERY } from './names.js'
import { resolveOptions } from '../src/options/resolve.js'
import { createSmsSender } from '../src/delivery/sms/index.js'

export type DeliveryOptions = Pick<Fastify2faOptions, 'appInfo' | 'sms' | 'mail' | 'firstFactor' | 'emailVerification' | 'passwordReset' | 'production' | 'printCodesInProduction'>

declare module 'fastify' {
  interface FastifyInstance {
    sms: SmsSender
    mail: MailSender
    /** The messages of the `log` senders, newest last. Empty with real providers. */
    outbox: ReturnType<typeof createOutbox>
    /**
     * Sends a message without delaying the response. Failures are logged, and closing the app waits for pending
     * messages.
     */
    deliverInBackground (sending: Promise<void>): void
  }
}

/**
 * Sets up the senders of codes and links. SuperTokens' own relay, the SDK's silent default, is used only if it is
 * named.
 */
async function delivery (app: FastifyInstance, options: DeliveryOptions): Promise<void> {
  const resolved = resolveOptions(options, ['delivery'])
  const outbox = createOutbox()
  const sms = createSmsSender(resolved.sms, { logger: app.log, outbox, appName: resolved.appInfo.appName })
  const mail = createMailSender(resolved.mail, { logger: app.log, outbox })
  app.decorate('outbox', outbox)
  app.decorate('sms', sms)
  app.decorate('mail', mail)
  const sendings = new Set<Promise<void>>()
  app.decorate('deliverInBackground', (sending: Promise<void>) => {
    const logged = sending.catch((err: unknown) => { app.log.error({ err }, 'message not sent') }).finally(() => { sendings.delete(logged) })
    sendings.add(logged)
  })
  app.addHook('onClose', async () => {
    await Promise.all(sendings)
    await Promise.all([sms.close?.(), mail.close?.()])
  })
}

export default fp(delivery, { name: DELIVERY, fastify: '5.x' })
