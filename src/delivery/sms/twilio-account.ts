import { createHmac, timingSafeEqual } from 'node:crypto'
import { failure, refusedReceiver, statusFailure } from '../failures.js'
import type { ReceiptRequest } from '../sender.js'
import { OptionsInvalid } from '../../errors.js'
import { checkText, checkUrl, post } from './http.js'

export interface TwilioAccount {
  accountSid: string
  authToken: string
  baseUrl?: string
}

interface TwilioAnswer {
  sid?: unknown
  code?: unknown
}

/**
 * Errors about the receiver: no valid number, a short code, a person who wants no messages. With others, another provider
 * may reach the number: 21408 (a country that the account may not send to), 21612 (no route), 21614 (a landline, which
 * can be called), 63003 (no WhatsApp).
 */
const RECEIVER_ERRORS = new Set([13224, 21211, 21217, 21265, 21401, 21421, 21610])

async function readAnswer (response: Response): Promise<TwilioAnswer> {
  try {
    const answer: unknown = await response.json()
    return typeof answer === 'object' && answer !== null ? answer : {}
  } catch {
    return {}
  }
}

/** Where a messaging API's messages come from: a number, a sender name, or a service that chooses. */
export function senderFields ({ from, messagingServiceSid }: { from?: string | undefined, messagingServiceSid?: string | undefined }): Record<string, string> {
  if ((from === undefined) === (messagingServiceSid === undefined)) throw new OptionsInvalid('sms needs exactly one of from and messagingServiceSid')
  if (messagingServiceSid !== undefined) {
    checkText('sms.messagingServiceSid', messagingServiceSid)
    return { MessagingServiceSid: messagingServiceSid }
  }
  if (typeof from !== 'string' || from.trim() === '') throw new OptionsInvalid('sms.from must be a number or a sender name')
  return { From: from }
}

/**
 * Whether Twilio has signed a request: the URL as it was called, and the fields of the form in the order of their names.
 *
 * @see {@link https://www.twilio.com/docs/usage/security#validating-requests}
 */
export function isSignedByTwilio (authToken: string, { url, body, headers }: ReceiptRequest): boolean {
  const signature = headers['x-twilio-signature']
  if (typeof signature !== 'string') return false
  const fields = [...new URLSearchParams(body)].sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0)
  const expected = createHmac('sha1', authToken).update(url + fields.flat().join('')).digest()
  const given = Buffer.from(signature, 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Calls Twilio's API for one account, with plain `fetch`. */
export function createTwilioAccount ({ accountSid, authToken, baseUrl = 'https://api.twilio.com' }: TwilioAccount) {
  // An API key (SK…) is a common mistake here, and Twilio answers it with a bare 404.
  if (!/^AC[0-9A-Za-z]+$/.test(accountSid)) throw new OptionsInvalid('sms.accountSid must be a Twilio account SID, which starts with AC')
  checkText('sms.authToken', authToken)
  const base = checkUrl('sms.baseUrl', baseUrl)
  const headers = {
    authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json'
  }

  return {
    /** @throws if Twilio has not created the resource */
    async create (resource: 'Messages' | 'Calls', fields: Record<string, string>, signal: AbortSignal): Promise<void> {
      const url = new URL(`${base.pathname.replace(/\/+$/, '')}/2010-04-01/Accounts/${accountSid}/${resource}.json`, base)
      const response = await post(url, headers, new URLSearchParams(fields).toString(), signal)
      const { sid, code } = await readAnswer(response)
      if (!response.ok) {
        // Twilio's five-digit error numbers tell the operator what to do. Its texts repeat the receiver, so leave them
        // out.
        const number = Number(code)
        const known = Number.isInteger(code) && number >= 10_000 && number <= 99_999
        const cause = `status ${response.status}${known ? `, Twilio error ${number}` : ''}`
        if (RECEIVER_ERRORS.has(number)) throw refusedReceiver(cause)
        throw response.status >= 500 ? statusFailure(cause, response.status) : failure(cause)
      }
      // A captive portal or a wrong base URL can also answer 200.
      if (typeof sid !== 'string') throw failure(`status ${response.status}, but not an answer of Twilio`)
    },

    /** The fields of a receipt. @throws if it is not signed */
    readSigned (request: ReceiptRequest): URLSearchParams {
      if (!isSignedByTwilio(authToken, request)) throw failure('the signature is wrong')
      return new URLSearchParams(request.body)
    }
  }
}

/** The statuses of a message that are final. */
export function fateOfMessage (fields: URLSearchParams) {
  const status = fields.get('MessageStatus') ?? ''
  if (['delivered', 'read'].includes(status)) return 'delivered'
  return ['undelivered', 'failed'].includes(status) ? 'undelivered' : undefined
}
