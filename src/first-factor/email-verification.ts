import type { APIInterface } from 'supertokens-node/recipe/emailverification/types'
import type { AllRecipeConfigs } from 'supertokens-node/types'
import { isChangeToken } from '../account/pending-email.js'
import { speakerFor } from '../language/of-request.js'
import { appOf } from '../supertokens/sdk.js'
import { tagTokens, verifyInOwnSession } from './verification-link.js'

type EmailService = NonNullable<NonNullable<AllRecipeConfigs['emailverification']['emailDelivery']>['service']>

const NOT_SENT = { status: 'GENERAL_ERROR', message: 'The e-mail could not be sent. Please try again in a moment.' } as const

/** Verifies e-mail addresses by a link. */
export function createEmailVerification (appName: string) {
  const service: EmailService = {
    async sendEmail ({ user, emailVerifyLink: link, userContext }) {
      const { say, language } = speakerFor(userContext)
      await appOf(userContext).twoFactor.mail.send({
        to: user.email,
        subject: say('Confirm your address for {appName}', { appName }),
        body: say('Please confirm your e-mail address for {appName} with this link: {link}\n\nOpen it in the browser where you are signed in. If you did not sign up, you can ignore this message.', { appName, link }),
        link,
        language
      })
    }
  }

  function apis (original: APIInterface): APIInterface {
    return {
      ...original,
      async verifyEmailPOST (input) {
        const { emailChange } = appOf(input.userContext).twoFactor
        return isChangeToken(input.token) && emailChange !== undefined
          ? await emailChange.confirmOnPage(input, input.token)
          : await verifyInOwnSession(original, input)
      },
      async generateEmailVerifyTokenPOST (input) {
        try {
          return await original.generateEmailVerifyTokenPOST!(input)
        } catch (err) {
          if (!isDeliveryFailure(err)) throw err
          appOf(input.userContext).log.error({ err }, 'verification mail not sent')
          return NOT_SENT
        }
      }
    }
  }

  return { service, apis, functions: tagTokens }
}

function isDeliveryFailure (err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'AUTH_DELIVERY_FAILED'
}
