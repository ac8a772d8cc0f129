import { failure } from '../failures.js'
import type { ReceiptRequest, SendContext, SmsMessage, SmsSender } from '../sender.js'
import type { SmsOptions } from '../../options/connections.js'
import { OptionsInvalid } from '../../errors.js'
import { createTwilioAccount, fateOfMessage, senderFields } from './twilio-account.js'

export type TwilioOptions = Extract<SmsOptions, { provider: 'twilio' }>
export type TwilioWhatsAppOptions = Extract<SmsOptions, { provider: 'twilio-whatsapp' }>

const callback = (receiptUrl: string | undefined): Record<string, string> => receiptUrl === undefined ? {} : { StatusCallback: receiptUrl }

/**
 * Creates a sender for Twilio's Programmable Messaging.
 *
 * @see {@link https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource}
 */
export function createTwilioSender (options: TwilioOptions): SmsSender {
  const account = createTwilioAccount(options)
  const sender = senderFields(options)
  return {
    name: 'twilio',
    send: ({ to, body }: SmsMessage, { signal, receiptUrl }: SendContext) => account.create('Messages', { To: to, ...sender, Body: body, ...callback(receiptUrl) }, signal),
    receipt: (request: ReceiptRequest) => fateOfMessage(account.readSigned(request))
  }
}

/**
 * Creates a sender for WhatsApp through Twilio. WhatsApp allows a business to begin only with templates that it has
 * approved, and those for codes hold nothing but the code.
 *
 * @see {@link https://www.twilio.com/docs/content/send-templates-created-with-the-content-template-builder}
 */
export function createTwilioWhatsAppSender (options: TwilioWhatsAppOptions): SmsSender {
  const { contentSid, from } = options
  const account = createTwilioAccount(options)
  if (typeof contentSid !== 'string' || !/^HX[0-9A-Za-z]+$/.test(contentSid)) throw new OptionsInvalid('sms.contentSid must be the SID of a content template, which starts with HX')
  if (from !== undefined && !/^\+[1-9]\d{6,14}$/.test(from)) throw new OptionsInvalid('sms.from must be a number with WhatsApp, such as +14155550100')
  const sender = senderFields({ ...options, ...(from !== undefined && { from: `whatsapp:${from}` }) })
  return {
    name: 'twilio-whatsapp',
    async send ({ to, code }: SmsMessage, { signal, receiptUrl }: SendContext): Promise<void> {
      if (code === undefined) throw failure('this provider sends codes only')
      await account.create('Messages', { To: `whatsapp:${to}`, ...sender, ContentSid: contentSid, ContentVariables: JSON.stringify({ 1: code }), ...callback(receiptUrl) }, signal)
    },
    receipt: (request: ReceiptRequest) => fateOfMessage(account.readSigned(request)),
    // People without WhatsApp have a phone all the same.
    receiptsTellOfNumbers: false
  }
}
