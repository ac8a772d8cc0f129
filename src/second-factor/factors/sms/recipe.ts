import type { AllRecipeConfigs } from 'supertokens-node/types'
import { speakerFor } from '../../../language/of-request.js'
import { networksOfRequest } from '../../../limits/network.js'
import { oneSegment } from './message.js'
import type { SmsFactorOptions } from './options.js'
import { isMaskedNumber, toE164 } from '../../../phone/number.js'
import { appOf, requestOf } from '../../../supertokens/sdk.js'
import { askingWebsite } from '../../../supertokens/website.js'
import { PINNED } from '../../passwordless/types.js'

/** The Passwordless recipe's settings for codes by SMS. */
export function smsRecipe ({ appInfo, defaultCountry, smsText }: SmsFactorOptions) {
  const isUsable = (phoneNumber: string): boolean => phoneNumber === PINNED || isMaskedNumber(phoneNumber) || toE164(phoneNumber, defaultCountry) !== undefined
  return {
    validatePhoneNumber: (phoneNumber: string) => isUsable(phoneNumber) ? undefined : 'Phone number is invalid',
    smsDelivery: {
      service: {
        async sendSms ({ phoneNumber, userInputCode, codeLifetime, userContext }) {
          // Always there: the flow type keeps links from ever being made. A link would be a second factor in any browser.
          const code = userInputCode as string
          const request = requestOf(userContext)
          const speaker = speakerFor(userContext)
          const { language } = speaker
          const input = {
            appName: appInfo.appName,
            code,
            minutes: Math.floor(codeLifetime / 60_000),
            host: new URL(askingWebsite(appInfo.websiteDomains, request)).hostname,
            acceptLanguage: request?.headers['accept-language'],
            language
          }
          // Of a text of the app's own, nobody knows the language.
          const text = smsText === undefined ? { body: oneSegment(speaker, input), language } : { body: await smsText(input) }
          await appOf(userContext).twoFactor.sms.send({ to: phoneNumber, ...text, code, codeLifetime }, { networks: networksOfRequest(userContext) })
        }
      }
    }
  } satisfies Partial<AllRecipeConfigs['passwordless']>
}
