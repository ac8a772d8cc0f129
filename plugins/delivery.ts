import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Overloaded } from '../src/errors.js'
import type { DeliveryWatch, MailSender, SmsDelivery } from '../src/delivery/sender.js'
import { createMailSender } from '../src/delivery/mail/index.js'
import { loadNodemailer } from '../src/delivery/mail/smtp.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { createOutbox } from '../src/delivery/outbox.js'
import { createReceiptDesk, type ReceiptDesk } from '../src/delivery/sms/receipt-desk.js'
import { swappable, swappableSms } from '../src/delivery/swappable.js'
import { DELIVERY } from './names.js'
import { onReload } from '../src/reload/reloads.js'
import { resolveOptions } from '../src/options/resolve.js'
import type { ResolvedOptions } from '../src/options/resolved.js'
import { createSmsSender } from '../src/delivery/sms/index.js'
import { share, shareGetter } from '../src/two-factor.js'

/** Strangers can ask for links. What waits costs memory and calls to the Core. */
const MOST_IN_BACKGROUND = 1000

export type DeliveryOptions = Pick<Fastify2faOptions, 'appInfo' | 'sms' | 'mail' | 'firstFactor' | 'emailVerification' | 'passwordReset' | 'production' | 'printCodesInProduction' | 'secondFactors' | 'smsReceipts' | 'traceSenders'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    sms: SmsDelivery
    mail: MailSender
    /** What providers report about text messages; undefined where `smsReceipts` is off. */
    readonly smsReceipts: ReceiptDesk | undefined
    /** The messages of the `log` senders, newest last. Empty with real providers. */
    outbox: ReturnType<typeof createOutbox>
    /**
     * Sends a message without delaying the response. Failures are logged, and closing the app waits for pending
     * messages.
     */
    deliverInBackground (sending: Promise<void>): void
    /**
     * Does work once the response to a request has left, so that the time of the response tells nothing about it.
     * Failures are logged.
     *
     * @throws AUTH_OVERLOADED if too much is waiting
     */
    afterAnswer (reply: FastifyReply, work: () => Promise<void>): void
    /** Waits until nothing is sent or done in the background any more. For tests, and used when the app closes. */
    delivered (): Promise<void>
    /** How many messages, and how much other work, are under way in the background. */
    readonly inBackground: number
  }
}

const takesNodemailer = ({ mail }: Pick<ResolvedOptions, 'mail'>): boolean => 'provider' in mail && mail.provider === 'smtp'

/** Called when the Core and the paths are known, which other plugins find out. */
function openDesk (app: FastifyInstance, sms: SmsDelivery, apiDomain: string, watch: DeliveryWatch): ReceiptDesk {
  const { core: { secret }, authPath } = app.twoFactor
  if (secret === '') app.log.warn('the Core has no API key, so receipts of text messages are known to this process alone')
  return createReceiptDesk({ secret: secret === '' ? randomBytes(32).toString('base64') : secret, base: `${new URL(apiDomain).origin}${authPath.public}/sms/receipts`, sms, watch })
}

/**
 * Sets up the senders of codes and links. SuperTokens' own relay, the SDK's silent default, is used only if it is
 * named.
 */
async function delivery (app: FastifyInstance, options: DeliveryOptions): Promise<void> {
  const resolved = resolveOptions(options, ['delivery'])
  const outbox = createOutbox()
  const { traceSenders } = resolved
  // The metrics are a part that comes later, or not at all.
  const watch: DeliveryWatch = {
    sent: (message) => { app.twoFactor.metrics?.messageSent(message) },
    fate: (sender, to, fate) => { app.twoFactor.metrics?.messageFate(sender, to, fate) },
    outage: (channel, sender, isDown) => { app.twoFactor.metrics?.providerOutage(channel, sender, isDown) }
  }
  const newSms = (sms: ResolvedOptions['sms']) => createSmsSender(sms, {
    logger: app.log,
    outbox,
    traceSenders,
    watch,
    appName: resolved.appInfo.appName,
    // Messages are sent once the app is ready, and by then these plugins are there.
    speakerOf: (language) => app.twoFactor.languages.named(language),
    receiptUrl: (provider, to, asker) => app.twoFactor.smsReceipts?.urlFor(provider, to, asker),
    onSentTwice: (to) => { app.twoFactor.deliverInBackground(app.twoFactor.limits?.spend?.add(to) ?? Promise.resolve()) }
  })
  const newMail = (mail: ResolvedOptions['mail']) => createMailSender(mail, { logger: app.log, outbox, traceSenders, watch })
  const sms = swappableSms(newSms(resolved.sms))
  const mail = swappable(newMail(resolved.mail))
  // Now, so that an app that could not send a mail does not start.
  if (takesNodemailer(resolved)) await loadNodemailer()
  let used: Pick<ResolvedOptions, 'sms' | 'mail'> = resolved
  onReload(app, async ({ sms: nextSms = used.sms, mail: nextMail = used.mail }) => {
    const next = resolveOptions({ ...options, sms: nextSms, mail: nextMail }, ['delivery'])
    // One that stays keeps what it has learnt of its provider.
    const swaps = [
      ...(isDeepStrictEqual(next.sms, used.sms) ? [] : [sms.swap.bind(null, newSms(next.sms))]),
      ...(isDeepStrictEqual(next.mail, used.mail) ? [] : [mail.swap.bind(null, newMail(next.mail))])
    ]
    if (takesNodemailer(next)) await loadNodemailer()
    return () => {
      for (const swap of swaps) swap()
      used = next
    }
  })
  share(app, 'outbox', outbox)
  share(app, 'sms', sms)
  share(app, 'mail', mail)
  let desk: ReceiptDesk | undefined
  shareGetter(app, 'smsReceipts', () => {
    if (resolved.smsReceipts) desk ??= openDesk(app, sms, resolved.appInfo.apiDomain, watch)
    return desk
  })
  const sendings = new Set<Promise<void>>()
  share(app, 'deliverInBackground', (sending: Promise<void>) => {
    const logged = sending.catch((err: unknown) => { app.log.error({ err }, 'message not sent') }).finally(() => { sendings.delete(logged) })
    sendings.add(logged)
  })
  share(app, 'afterAnswer', (reply: FastifyReply, work: () => Promise<void>) => {
    if (sendings.size >= MOST_IN_BACKGROUND) throw new Overloaded()
    const { raw } = reply
    const answered = new Promise<void>((resolve) => {
      if (raw.closed || raw.destroyed) resolve()
      else raw.once('close', resolve)
    })
    app.twoFactor.deliverInBackground(answered.then(work))
  })
  shareGetter(app, 'inBackground', () => sendings.size)
  share(app, 'delivered', async () => {
    // Work in the background may send a message in the background.
    while (sendings.size > 0) await Promise.all(sendings)
  })
  app.addHook('onClose', async () => {
    await app.twoFactor.delivered()
    await Promise.all([sms.close(), mail.close()])
  })
}

export default fp(delivery, { name: DELIVERY, fastify: '5.x' })
