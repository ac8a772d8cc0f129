import { failure } from '../failures.js'
import type { ReceiptRequest, SendContext, SmsMessage, SmsSender } from '../sender.js'
import type { SmsOptions } from '../../options/connections.js'
import { OptionsInvalid } from '../../errors.js'
import { createTwilioAccount } from './twilio-account.js'
import { escapeXml } from './template/fill.js'
import type { Speaker } from '../../language/languages.js'

export type TwilioVoiceOptions = Extract<SmsOptions, { provider: 'twilio-voice' }>

/** How Twilio names the languages that it is asked to speak. */
const TAGS: Readonly<Record<string, string>> = { en: 'en-US', de: 'de-DE', es: 'es-ES', fr: 'fr-FR', ja: 'ja-JP', pt: 'pt-BR' }

/** Reads each digit by itself, twice, with a pause between them: people write them down. */
function twiml (code: string, { say, language }: Pick<Speaker, 'say' | 'language'>): string {
  const digits = [...code].join(', ')
  const spoken = [say('Your code is: {digits}.', { digits }), say('Once more: {digits}.', { digits })]
    .map((text) => `<Say language="${TAGS[language]!}">${escapeXml(text)}</Say><Pause length="1"/>`)
  return `<Response><Pause length="1"/>${spoken.join('')}</Response>`
}

/**
 * Creates a sender that calls people and reads them the code, in the language of the message.
 *
 * @see {@link https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource}
 */
export function createTwilioVoiceSender (options: TwilioVoiceOptions, speakerOf: (language: string | undefined) => Speaker): SmsSender {
  const { from } = options
  // Twilio may not speak languages that an app has added.
  const speaker = (language: string | undefined): Speaker => {
    const found = speakerOf(language)
    return Object.hasOwn(TAGS, found.language) ? found : speakerOf('en')
  }
  const account = createTwilioAccount(options)
  if (typeof from !== 'string' || !/^\+[1-9]\d{6,14}$/.test(from)) throw new OptionsInvalid('sms.from must be a number that can call, such as +14155550100')
  return {
    name: 'twilio-voice',
    async send ({ to, code, language }: SmsMessage, { signal, receiptUrl }: SendContext): Promise<void> {
      if (code === undefined) throw failure('this provider sends codes only')
      await account.create('Calls', { To: to, From: from, Twiml: twiml(code, speaker(language)), ...(receiptUrl !== undefined && { StatusCallback: receiptUrl }) }, signal)
    },
    receipt (request: ReceiptRequest) {
      const status = account.readSigned(request).get('CallStatus')
      return status === 'completed' ? 'delivered' : status === 'failed' ? 'undelivered' : undefined
    }
  }
}
