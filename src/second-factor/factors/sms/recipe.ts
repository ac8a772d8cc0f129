import { getUser } from 'supertokens-node'
import type { RecipeInterface as SessionFunctions } from 'supertokens-node/recipe/session/types'
import type { AllRecipeConfigs } from 'supertokens-node/types'
import { FirstFactorOnly } from '../../../errors.js'
import { speakerFor } from '../../../language/of-request.js'
import { oneSegment } from './message.js'
import type { SmsFactorOptions } from './options.js'
import { toE164 } from '../../../phone/number.js'
import { appOf, requestOf } from '../../../supertokens/sdk.js'
import { askingWebsite } from '../../../supertokens/website.js'
import { PINNED } from './pinned-phone.js'

/** The Passwordless recipe, for codes by SMS only: a code by mail is no second factor (NIST SP 800-63B 3.1.3.1). */
export function passwordlessRecipe ({ appInfo, defaultCountry, smsText }: SmsFactorOptions) {
  const isUsable = (phoneNumber: string): boolean => phoneNumber === PINNED || toE164(phoneNumber, defaultCountry) !== undefined
  return {
    contactMethod: 'PHONE',
    flowType: 'USER_INPUT_CODE',
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
          await appOf(userContext).twoFactor.sms.send({ to: phoneNumber, ...text, code, codeLifetime })
        }
      }
    }
  } satisfies AllRecipeConfigs['passwordless']
}

/** Refuses a session for a user of a phone, whichever API asks for it: a code alone is a single factor. */
export function refuseSessionsByCodeAlone (original: SessionFunctions): SessionFunctions {
  return {
    ...original,
    async createNewSession (input) {
      const recipeUserId = input.recipeUserId.getAsString()
      const user = await getUser(recipeUserId, input.userContext)
      const method = user?.loginMethods.find((login) => login.recipeUserId.getAsString() === recipeUserId)
      if (method?.recipeId === 'passwordless') throw new FirstFactorOnly()
      return await original.createNewSession(input)
    }
  }
}
