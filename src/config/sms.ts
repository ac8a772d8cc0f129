import type { SmsByCountry, SmsOptions } from '../options/connections.js'
import { kindOf, type SmsProviderName } from './kinds-sms.js'
import type { Values } from './settings.js'

/** Asserts a value that the rules have already checked: a chosen provider has all it needs. */
const sure = (value: string | undefined): string => value as string

/** All providers that are chosen, for whichever country; undefined where none is named. */
export function smsNames ({ SMS_PROVIDER: names, SMS_PROVIDER_BY_COUNTRY: byCountry = {} }: Values): string[] | undefined {
  return names === undefined ? undefined : [...new Set([...names, ...Object.values(byCountry).flat()])]
}

/** The same without names of templates. */
export const smsKinds = (values: Values): SmsProviderName[] => [...new Set((smsNames(values) ?? ['log']).map(kindOf))]

function twilioAccount ({ TWILIO_ACCOUNT_SID: accountSid, TWILIO_AUTH_TOKEN: authToken, TWILIO_BASE_URL: baseUrl }: Values) {
  return { accountSid: sure(accountSid), authToken: sure(authToken), ...(baseUrl !== undefined && { baseUrl }) }
}

function providerOf (name: string, values: Values): SmsOptions {
  const { TWILIO_FROM: from, TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid, TWILIO_WHATSAPP_FROM: whatsAppFrom } = values
  switch (kindOf(name)) {
    case 'twilio':
      return { provider: 'twilio', ...twilioAccount(values), ...(from !== undefined && { from }), ...(messagingServiceSid !== undefined && { messagingServiceSid }) }
    case 'twilio-whatsapp':
      return {
        provider: 'twilio-whatsapp',
        ...twilioAccount(values),
        contentSid: sure(values.TWILIO_WHATSAPP_CONTENT_SID),
        ...(whatsAppFrom === undefined ? { messagingServiceSid: sure(messagingServiceSid) } : { from: whatsAppFrom })
      }
    case 'twilio-voice':
      return { provider: 'twilio-voice', ...twilioAccount(values), from: sure(values.TWILIO_VOICE_FROM) }
    case 'webhook':
      return { provider: 'webhook', url: sure(values.SMS_WEBHOOK_URL), secret: sure(values.SMS_WEBHOOK_SECRET) }
    case 'supertokens':
      return { provider: 'supertokens', apiKey: sure(values.SMS_SUPERTOKENS_API_KEY) }
    case 'http':
      return templateOf(name, values)!
    case 'log':
      return { provider: 'log' }
  }
}

/** The template that `http` or `http:name` stands for. */
export function templateOf (name: string, { SMS_HTTP: templates = [] }: Values) {
  return name === 'http' ? templates[0] : templates.find((template) => `http:${template.name ?? ''}` === name)
}

/** The option `sms`. A provider that several countries have is one object, so that its health is known once. */
export function smsOptions (values: Values): SmsOptions | SmsOptions[] | SmsByCountry {
  const { SMS_PROVIDER: names = ['log'], SMS_PROVIDER_BY_COUNTRY: byCountry } = values
  const made = new Map<string, SmsOptions>()
  const make = (name: string): SmsOptions => {
    const options = made.get(name) ?? providerOf(name, values)
    made.set(name, options)
    return options
  }
  const some = (list: readonly string[]): SmsOptions | SmsOptions[] => {
    // `http` and the name of its template are the same.
    const [first, ...others] = new Set(list.map(make))
    return others.length === 0 ? first! : [first!, ...others]
  }
  if (byCountry === undefined) return some(names)
  return { default: some(names), countries: Object.fromEntries(Object.entries(byCountry).map(([country, list]) => [country, some(list)])) }
}
