import { perDayProblem } from '../limits/spend-options.js'
import { kindOf, type SmsProviderName } from './kinds-sms.js'
import type { Problem } from './problems.js'
import type { Reading } from './read.js'
import type { Name } from './settings.js'
import { smsKinds, smsNames, templateOf } from './sms.js'

const ACCOUNT = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'] as const

/** Settings that only some providers use. */
export const SMS_BELONGS = {
  twilio: [...ACCOUNT, 'TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID', 'TWILIO_BASE_URL'],
  'twilio-whatsapp': [...ACCOUNT, 'TWILIO_WHATSAPP_CONTENT_SID', 'TWILIO_WHATSAPP_FROM', 'TWILIO_MESSAGING_SERVICE_SID', 'TWILIO_BASE_URL'],
  'twilio-voice': [...ACCOUNT, 'TWILIO_VOICE_FROM', 'TWILIO_BASE_URL'],
  webhook: ['SMS_WEBHOOK_URL', 'SMS_WEBHOOK_SECRET'],
  http: ['SMS_HTTP'],
  supertokens: ['SMS_SUPERTOKENS_API_KEY']
} as const satisfies Record<Exclude<SmsProviderName, 'log'>, readonly Name[]>

export const SMS_NEEDS: Record<string, readonly Name[]> = {
  twilio: ACCOUNT,
  'twilio-whatsapp': [...ACCOUNT, 'TWILIO_WHATSAPP_CONTENT_SID'],
  'twilio-voice': [...ACCOUNT, 'TWILIO_VOICE_FROM'],
  webhook: ['SMS_WEBHOOK_URL', 'SMS_WEBHOOK_SECRET'],
  http: ['SMS_HTTP'],
  supertokens: ['SMS_SUPERTOKENS_API_KEY']
}

const problem = (variable: Name, message: string): Problem => ({ variable, message })

/** Who a message is from. */
export function smsSenders ({ values, given }: Reading): Array<Problem | false> {
  const kinds = smsKinds(values)
  const [from, service] = [given.has('TWILIO_FROM'), given.has('TWILIO_MESSAGING_SERVICE_SID')]
  const names = (smsNames(values) ?? []).filter((name) => kindOf(name) === 'http' && given.has('SMS_HTTP') && values.SMS_HTTP !== undefined && templateOf(name, values) === undefined)
  return [
    kinds.includes('twilio') && from && service && problem('TWILIO_FROM', 'TWILIO_MESSAGING_SERVICE_SID is set too, and only one of them can choose the sender. Remove one.'),
    kinds.includes('twilio') && !from && !service && problem('TWILIO_FROM', 'SMS_PROVIDER=twilio needs it or TWILIO_MESSAGING_SERVICE_SID.'),
    kinds.includes('twilio-whatsapp') && !given.has('TWILIO_WHATSAPP_FROM') && !service && problem('TWILIO_WHATSAPP_FROM', 'twilio-whatsapp needs it or TWILIO_MESSAGING_SERVICE_SID.'),
    ...names.map((name) => problem('SMS_HTTP', `it has no template called ${name.slice('http:'.length)}, which SMS_PROVIDER names.`)),
    given.has('SMS_PROVIDER_BY_COUNTRY') && !given.has('SMS_PROVIDER') && problem('SMS_PROVIDER', 'SMS_PROVIDER_BY_COUNTRY is set and needs it, for all other countries.')
  ]
}

/** What messages cost. */
export function smsSpending ({ values, given }: Reading): Array<Problem | false> {
  const { SMS_PRICES: prices, SMS_SPEND_LIMIT: limit } = values
  const tooLittle = prices === undefined || limit === undefined ? undefined : perDayProblem(limit, prices)
  return [
    ...(['SMS_SPEND_LIMIT', 'SMS_CURRENCY'] as const).map((name) => given.has(name) && !given.has('SMS_PRICES') && problem(name, 'it needs SMS_PRICES.')),
    tooLittle !== undefined && problem('SMS_SPEND_LIMIT', `it ${tooLittle}.`)
  ]
}
