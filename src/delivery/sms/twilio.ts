import { failure } from '../failures.js'
import type { SendContext, SmsMessage } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import type { SmsOptions } from '../../options/connections.js'
import { checkText, checkUrl, post } from './http.js'

export type TwilioOptions = Extract<SmsOptions, { provider: 'twilio' }>

interface TwilioAnswer {
  sid?: unknown
  code?: unknown
}

async function readAnswer (response: Response): Promise<TwilioAnswer> {
  try {
    const answer: unknown = await response.json()
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {}
  }
}

/**
 * Creates a sender for Twilio's Programmable Messaging, with plain `fetch`.
 *
 * @see {@link https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource}
 */
export function createTwilioSender (options: TwilioOptions) {
  const { accountSid, authToken, from, messagingServiceSid, baseUrl = 'https://api.twilio.com' } = options
  // An API key (SK…) is a common mistake here, and Twilio answers it with a bare 404.
  if (!/^AC[0-9A-Za-z]+$/.test(accountSid)) throw new OptionsInvalid('sms.accountSid must be a Twilio account SID, which starts with AC')
  checkText('sms.authToken', authToken)
  if ((from === undefined) === (messagingServiceSid === undefined)) {
    throw new OptionsInvalid('sms needs exactly one of from and messagingServiceSid')
  }
  const base = checkUrl('sms.baseUrl', baseUrl)
  const url = new URL(`${base.pathname.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}/Messages.json`, base)
  const headers = {
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json'
  }
  const sender: Record<string, string> = {}
  if (from !== undefined) {
    if (typeof from !== 'string' || from.trim() === '') throw new OptionsInvalid('sms.from must be a number or a sender name')
    sender['From'] = from
  }
  if (messagingServiceSid !== undefined) {
    checkText('sms.messagingServiceSid', messagingServiceSid)
    sender['MessagingServiceSid'] = messagingServiceSid
  }

  return {
    name: 'twilio',
    async send ({ to, body }: SmsMessage, { signal }: SendContext): Promise<void> {
      const form = new URLSearchParams({ To: to, ...sender, Body: body })
      const response = await post(url, headers, form.toString(), signal)
      const { sid, code } = await readAnswer(response)
      if (!response.ok) {
        // Twilio's five-digit error numbers tell the operator what to do. Its texts repeat the receiver, so leave them
        // out.
        const known = Number.isInteger(code) && Number(code) >= 10_000 && Number(code) <= 99_999
        throw failure(`status ${response.status}${known ? `, Twilio error ${String(code)}` : ''}`)
      }
      // A captive portal or a wrong base URL can also answer 200.
      if (typeof sid !== 'string') throw failure(`status ${response.status}, but not an answer of Twilio`)
    }
  }
}
