import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import type { APIInterface, APIOptions } from 'supertokens-node/recipe/emailpassword/types'
import type { UserContext } from 'supertokens-node/types'
import { speakerFor } from '../language/of-request.js'
import { answering } from '../limits/answers.js'
import { networksOfRequest } from '../limits/network.js'
import { subjectOf } from '../limits/subject.js'
import { fieldOf } from '../supertokens/form-fields.js'
import { appOf } from '../supertokens/sdk.js'
import { findPasswordAccount } from './password-account.js'

/** Stock pages show the message of a GENERAL_ERROR, and of nothing else that comes without a session. */
const CHECK_MAIL = { status: 'GENERAL_ERROR', message: 'Please open the link that we have sent to this address to finish signing up.' } as const

interface SignUp {
  email: string
  tenantId: string
  userContext: UserContext
  recipe: APIOptions['recipeImplementation']
}

/**
 * Signs up alike for known and unknown addresses. The password that was typed is not kept: whoever reads the mail chooses
 * one. If it were, a stranger could try it afterwards and learn whether the account is new, or wait until the owner of
 * the address confirms it.
 */
export function signUpByMail (appName: string) {
  async function sendLink ({ email, tenantId, userContext, recipe }: SignUp): Promise<void> {
    const made = await recipe.createNewRecipeUser({ email, password: randomBytes(32).toString('base64url'), tenantId, userContext })
    const account = await findPasswordAccount(email, tenantId, userContext)
    if (account?.email === undefined) return
    const answer = await EmailPassword.createResetPasswordLink(tenantId, account.recipeUserId.getAsString(), account.email, userContext)
    if (answer.status !== 'OK') return
    const { link } = answer
    const { say, language } = speakerFor(userContext)
    await appOf(userContext).twoFactor.mail.send(made.status === 'OK'
      ? {
          to: account.email,
          subject: say('Finish signing up for {appName}', { appName }),
          body: say('Choose your password for {appName} here: {link} The link works for one hour. If you did not sign up, ignore this message.', { appName, link }),
          link,
          language
        }
      : {
          to: account.email,
          subject: say('You already have an account at {appName}', { appName }),
          body: say('Someone tried to sign up for {appName} with your address. If it was you: you have an account already. Sign in, or choose a new password here: {link} The link works for one hour. If it was not you, ignore this message; nothing has changed.', { appName, link }),
          link,
          language
        })
  }

  return (original: APIInterface): APIInterface => ({
    ...original,
    async signUpPOST ({ formFields, tenantId, userContext, options: { res, recipeImplementation: recipe } }) {
      const email = fieldOf(formFields, 'email')
      const app = appOf(userContext)
      return await answering(res, async () => {
        await app.twoFactor.limits?.sends.reserveLink(subjectOf(email), networksOfRequest(userContext))
        // Says 503 when the Core is down, and costs the same whatever it finds. All else comes after the answer.
        await findPasswordAccount(email, tenantId, userContext)
        app.twoFactor.afterAnswer(res.original as FastifyReply, () => sendLink({ email, tenantId, userContext, recipe }))
        return CHECK_MAIL
      })
    }
  })
}
