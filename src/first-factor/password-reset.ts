import type { AllRecipeConfigs, UserContext } from 'supertokens-node/types'
import type { FastifyReply } from 'fastify'
import type { APIInterface } from 'supertokens-node/recipe/emailpassword/types'
import { DECOY } from './unknown-accounts.js'
import { findPasswordAccount } from './password-account.js'
import { fieldOf } from '../supertokens/form-fields.js'
import { speakerFor } from '../language/of-request.js'
import { tellOfChange, type NoticeOptions } from '../second-factor/notices.js'
import { appOf } from '../supertokens/sdk.js'
import { sendLinkBySms } from './reset-by-sms.js'

type EmailService = NonNullable<NonNullable<AllRecipeConfigs['emailpassword']['emailDelivery']>['service']>

interface PasswordResetOptions {
  notices: NoticeOptions
  enabled: boolean
}

/**
 * The address of a password account as the Core has stored it. A link goes there and never to the address as typed: the
 * two may differ (the Kelvin sign is a `k` once it is in lower case), and then so may their owners.
 */
async function storedAddress (typed: string, tenantId: string, userContext: UserContext): Promise<string | undefined> {
  const account = await findPasswordAccount(typed, tenantId, userContext)
  return account?.email === DECOY ? undefined : account?.email
}

/** Resets passwords by a link. Never touches the second factor (ASVS 6.4.3). */
export function createPasswordReset ({ notices, enabled }: PasswordResetOptions) {
  const { appName, byPhone } = notices
  const service: EmailService = {
    async sendEmail ({ user, passwordResetLink: link, userContext }) {
      const app = appOf(userContext)
      const { say, language } = speakerFor(userContext)
      const body = say('{appName}: choose a new password here: {link} The link works for one hour. If you did not ask for it, ignore this message; your password stays the same.', { appName, link })
      // Only known accounts get here. Waiting for the provider, or reporting its failure, would distinguish them from
      // unknown ones.
      app.twoFactor.deliverInBackground(byPhone
        ? sendLinkBySms({ account: { userId: user.id, recipeUserId: user.recipeUserId?.getAsString() ?? user.id }, body, link, language }, userContext)
        : app.twoFactor.mail.send({ to: user.email, subject: say('Choose a new password for {appName}', { appName }), body, link, language }))
    }
  }

  function apis (original: APIInterface): APIInterface {
    if (!enabled) return { ...original, generatePasswordResetTokenPOST: undefined, passwordResetPOST: undefined }
    return {
      ...original,
      /**
       * Answers after the one call that looks the account up. Making a token takes longer, and only known accounts have
       * one, so it comes after the answer (ASVS 6.3.8).
       */
      async generatePasswordResetTokenPOST (input) {
        const { formFields, tenantId, userContext, options: { res } } = input
        const email = await storedAddress(fieldOf(formFields, 'email'), tenantId, userContext)
        const work = async (): Promise<void> => {
          if (email !== undefined) await original.generatePasswordResetTokenPOST!({ ...input, formFields: [{ id: 'email', value: email }] })
        }
        // The same for unknown accounts, so that an overload does not tell them apart either.
        appOf(userContext).twoFactor.afterAnswer(res.original as FastifyReply, work)
        return { status: 'OK' }
      },
      // Whoever reads the mailbox or has the phone for a minute can do it (NIST SP 800-63B 4.6).
      async passwordResetPOST (input) {
        const result = await original.passwordResetPOST!(input)
        if (result.status === 'OK') tellOfChange(notices, 'password-reset', result.user.id, input.userContext)
        return result
      }
    }
  }

  return { service, apis }
}
