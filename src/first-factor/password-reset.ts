import type { AllRecipeConfigs } from 'supertokens-node/types'
import type { APIInterface } from 'supertokens-node/recipe/emailpassword/types'
import { appOf } from '../supertokens/sdk.js'
import { sendLinkBySms } from './reset-by-sms.js'

type EmailService = NonNullable<NonNullable<AllRecipeConfigs['emailpassword']['emailDelivery']>['service']>

interface PasswordResetOptions {
  appName: string
  /** Whether accounts are phone numbers, so that the link is sent by SMS. */
  byPhone: boolean
  enabled: boolean
}

/** Resets passwords by a link. Never touches the second factor (ASVS 6.4.3). */
export function createPasswordReset ({ appName, byPhone, enabled }: PasswordResetOptions) {
  const service: EmailService = {
    async sendEmail ({ user, passwordResetLink: link, tenantId, userContext }) {
      const app = appOf(userContext)
      const body = `${appName}: choose a new password here: ${link} The link works for one hour. If you did not ask for it, ignore this message; your password stays the same.`
      // Only known accounts get here. Waiting for the provider, or reporting its failure, would distinguish them from
      // unknown ones.
      app.deliverInBackground(byPhone
        ? sendLinkBySms({ phoneNumber: user.email, tenantId, body, link }, userContext)
        : app.mail.send({ to: user.email, subject: `Choose a new password for ${appName}`, body, link }))
    }
  }

  function apis (original: APIInterface): APIInterface {
    if (!enabled) return { ...original, generatePasswordResetTokenPOST: undefined, passwordResetPOST: undefined }
    return original
  }

  return { service, apis }
}
