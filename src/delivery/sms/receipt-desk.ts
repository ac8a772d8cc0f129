import type { FastifyBaseLogger } from 'fastify'
import type { Networks } from '../../limits/network.js'
import type { Asker, DeliveryWatch, Fate, ReceiptRequest, SmsDelivery, SmsSender } from '../sender.js'
import { publishSms } from './events.js'
import { createReceiptNames, type Sealed } from './receipts.js'

/** What the limits want to know. */
export interface ReceiptLimits {
  /** Whether a message has this fate for the first time, over all replicas. */
  isNews (name: string): Promise<boolean>
  /** A message to a number that has not answered yet will never arrive. */
  undelivered (number: string, networks: Networks): Promise<void>
}

interface DeskOptions {
  /** What all replicas share. */
  secret: string
  /** The public address of all receipts. */
  base: string
  sms: Pick<SmsDelivery, 'receipts'>
  watch?: Pick<DeliveryWatch, 'fate'> | undefined
}

/** A receipt whose message is known. */
export interface Receipt extends Sealed {
  sender: SmsSender
  name: string
}

/** Gives out the addresses of receipts, and takes receipts in. */
export function createReceiptDesk ({ secret, base, sms, watch }: DeskOptions) {
  const names = createReceiptNames(secret)
  const urlOf = (provider: string, name: string): string => `${base}/${provider}/${name}`

  return {
    urlFor: (provider: string, to: string, asker: Asker): string => urlOf(provider, names.seal(provider, to, asker)),

    /** Finds the message by its address alone, so that nothing else is read of what strangers send. */
    find (provider: string, name: string): Receipt | undefined {
      const sender = sms.receipts.get(provider)
      const found = sender === undefined ? undefined : names.open(provider, name)
      return sender === undefined || found === undefined ? undefined : { ...found, sender, name }
    },

    /**
     * Takes a receipt in. A receipt that comes again is no news.
     *
     * @returns false if it is not the provider's
     */
    async take ({ sender, name, to, networks }: Receipt, request: Omit<ReceiptRequest, 'url'>, limits: ReceiptLimits, log: Pick<FastifyBaseLogger, 'warn'>): Promise<boolean> {
      let fate: Fate
      try {
        fate = sender.receipt!({ ...request, url: urlOf(sender.name, name) + (request.query === '' ? '' : `?${request.query}`) })
      } catch {
        log.warn({ sender: sender.name }, 'a receipt is not signed by the provider; check that appInfo.apiDomain is the address that it calls')
        return false
      }
      if (fate === undefined || !await limits.isNews(name)) return true
      publishSms(fate, sender.name, to)
      watch?.fate(sender.name, to, fate)
      if (fate === 'undelivered' && networks !== undefined && sender.receiptsTellOfNumbers !== false) await limits.undelivered(to, networks)
      return true
    }
  }
}

export type ReceiptDesk = ReturnType<typeof createReceiptDesk>
