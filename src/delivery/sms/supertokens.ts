import { failure } from '../failures.js'
import type { SendContext, SmsMessage } from '../sender.js'
import type { SmsOptions } from '../../options/connections.js'
import { checkText, post, requireSuccess } from './http.js'

export type SuperTokensSmsOptions = Extract<SmsOptions, { provider: 'supertokens' }>

const RELAY = 'https://api.supertokens.com/0/services/sms'
const CORE_CODE_LIFETIME = 900_000

/**
 * Creates a sender for SuperTokens' own relay, with the wire format of the SDK's `SupertokensService` for passwordless.
 * The relay writes the text itself, so `body` is not used. The SDK falls back to the relay silently. Here it must be
 * named, because phone numbers and codes go to a third party.
 */
export function createSuperTokensSmsSender (options: SuperTokensSmsOptions, { appName, url = RELAY }: { appName: string, url?: string }) {
  const { apiKey } = options
  checkText('sms.apiKey', apiKey)

  return {
    name: 'supertokens',
    async send ({ to, code, link, codeLifetime = CORE_CODE_LIFETIME }: SmsMessage, { signal }: SendContext): Promise<void> {
      if (code === undefined && link === undefined) throw failure('this relay sends codes and links only')
      const payload = {
        apiKey,
        smsInput: {
          type: 'PASSWORDLESS_LOGIN',
          phoneNumber: to,
          userInputCode: code,
          urlWithLinkCode: link,
          codeLifetime,
          isFirstFactor: false,
          appName
        }
      }
      const headers = { 'api-version': '0', 'content-type': 'application/json; charset=utf-8' }
      await requireSuccess(await post(url, headers, JSON.stringify(payload), signal))
    }
  }
}
