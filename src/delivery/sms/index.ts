import { OptionsInvalid } from '../../errors.js'
import { createLanguages, type Speaker } from '../../language/languages.js'
import type { SmsByCountry, SmsOptions, SmsProvider } from '../../options/connections.js'
import { byCountry } from '../../phone/countries.js'
import type { Outbox } from '../outbox.js'
import { type DeliveryLogger, isSender, type SmsDelivery, type SmsSender } from '../sender.js'
import { createChain, type ChainOptions } from './chain.js'
import { createLogSmsSender } from './log.js'
import { allProviders, readRoutes } from './routes.js'
import { createSuperTokensSmsSender } from './supertokens.js'
import { createHttpSender } from './template/index.js'
import { createTwilioSender, createTwilioWhatsAppSender } from './twilio.js'
import { createTwilioVoiceSender } from './twilio-voice.js'
import { createWebhookSender } from './webhook.js'

/** What an SMS sender needs from its app. */
export interface SmsDependencies extends Pick<ChainOptions, 'traceSenders' | 'watch' | 'receiptUrl' | 'onSentTwice'> {
  logger: DeliveryLogger
  /** Receives the messages of the `log` provider. */
  outbox: Outbox
  /** Milliseconds until a message counts as not sent. @default 10000 */
  timeout?: number
  /** Used by calls. @default the built-in languages */
  speakerOf?: (language: string | undefined) => Speaker
  /** Used by SuperTokens' relay, which writes the texts itself. @default 'fastify-2fa' */
  appName?: string
}

function createProvider (options: SmsOptions, dependencies: SmsDependencies): SmsSender {
  switch (options?.provider) {
    case 'log': return createLogSmsSender(dependencies)
    case 'twilio': return createTwilioSender(options)
    case 'twilio-whatsapp': return createTwilioWhatsAppSender(options)
    case 'twilio-voice': return createTwilioVoiceSender(options, dependencies.speakerOf ?? createLanguages({ defaultLanguage: 'en', messages: {} }).named)
    case 'webhook': return createWebhookSender(options)
    case 'http': return createHttpSender(options)
    case 'supertokens': return createSuperTokensSmsSender(options, { appName: dependencies.appName ?? 'fastify-2fa' })
    default: throw new OptionsInvalid('sms.provider must be one of log, twilio, twilio-whatsapp, twilio-voice, webhook, http, supertokens; your own sender needs a name and a send function')
  }
}

/**
 * Creates what sends text messages: by a built-in provider's settings or an app's own sender, by several in order, or by
 * other ones in other countries. Throws `AUTH_OPTIONS_INVALID` for settings that cannot work; `send` rejects only with
 * `AUTH_DELIVERY_FAILED`.
 *
 * @example
 * const sms = createSmsSender({ provider: 'log' }, { logger: app.log, outbox })
 * await sms.send({ to: '+14155550101', body: 'Your code is 123456', code: '123456' })
 */
export function createSmsSender (options: SmsProvider | readonly SmsProvider[] | SmsByCountry, dependencies: SmsDependencies): SmsDelivery {
  const senders = new Map<SmsProvider, SmsSender>(allProviders(options).map((one) => [one, typeof one === 'object' && one !== null && isSender(one) ? one : createProvider(one as SmsOptions, dependencies)]))
  const names = [...senders.values()].map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new OptionsInvalid(`sms has two senders called ${twice}; give each a name of its own`)
  const { default: others, countries } = readRoutes(options)
  const sendersOf = (providers: readonly SmsProvider[]): SmsSender[] => providers.map((one) => senders.get(one)!)
  const [otherSenders, byRegion] = [sendersOf(others), new Map([...countries].map(([country, providers]) => [country, sendersOf(providers)]))]
  const { logger, timeout, traceSenders, watch, receiptUrl, onSentTwice } = dependencies
  return createChain({ senders: [...senders.values()], routes: (to) => byCountry(byRegion, to) ?? otherSenders, logger, timeout, traceSenders, watch, receiptUrl, onSentTwice })
}
