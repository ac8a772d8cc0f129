import { failure } from '../failures.js'
import type { ReceiptRequest, SendContext, SmsMessage, SmsSender } from '../sender.js'
import type { SmsOptions } from '../../options/connections.js'
import { OptionsInvalid } from '../../errors.js'
import { createTwilioAccount } from './twilio-account.js'
import { escapeXml } from './template/fill.js'

export type TwilioVoiceOptions = Extract<SmsOptions, { provider: 'twilio-voice' }>

/** What is said, and the language in which Twilio says it. */
const SPOKEN: Readonly<Record<string, { tag: string, once: string, again: string }>> = {
  en: { tag: 'en-US', once: 'Your code is:', again: 'Once more:' },
  de: { tag: 'de-DE', once: 'Ihr Code lautet:', again: 'Noch einmal:' },
  es: { tag: 'es-ES', once: 'Tu código es:', again: 'Una vez más:' },
  fr: { tag: 'fr-FR', once: 'Votre code est :', again: 'Encore une fois :' },
  ja: { tag: 'ja-JP', once: 'あなたのコードは:', again: 'もう一度:' },
  pt: { tag: 'pt-BR', once: 'Seu código é:', again: 'Mais uma vez:' }
}

/** Reads each digit by itself, twice, with a pause between them: people write them down. */
function twiml (code: string, language = 'en'): string {
  const { tag, once, again } = SPOKEN[language.split('-', 1)[0]!] ?? SPOKEN['en']!
  const say = (text: string): string => `<Say language="${tag}">${escapeXml(text)}</Say><Pause length="1"/>`
  const digits = [...code].join(', ')
  return `<Response><Pause length="1"/>${say(`${once} ${digits}.`)}${say(`${again} ${digits}.`)}</Response>`
}

/**
 * Creates a sender that calls people and reads them the code, in the language of the message.
 *
 * @see {@link https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource}
 */
export function createTwilioVoiceSender (options: TwilioVoiceOptions): SmsSender {
  const { from } = options
  const account = createTwilioAccount(options)
  if (typeof from !== 'string' || !/^\+[1-9]\d{6,14}$/.test(from)) throw new OptionsInvalid('sms.from must be a number that can call, such as +14155550100')
  return {
    name: 'twilio-voice',
    async send ({ to, code, language }: SmsMessage, { signal, receiptUrl }: SendContext): Promise<void> {
      if (code === undefined) throw failure('this provider sends codes only')
      await account.create('Calls', { To: to, From: from, Twiml: twiml(code, language), ...(receiptUrl !== undefined && { StatusCallback: receiptUrl }) }, signal)
    },
    receipt (request: ReceiptRequest) {
      const status = account.readSigned(request).get('CallStatus')
      return status === 'completed' ? 'delivered' : status === 'failed' ? 'undelivered' : undefined
    }
  }
}
