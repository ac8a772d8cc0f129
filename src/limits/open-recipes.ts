import { getUser, listUsersByAccountInfo } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'
import { appOf } from '../supertokens/sdk.js'
import { answering } from './answers.js'
import { networksOfRequest } from './network.js'
import type { OpenActions } from './open-actions.js'
import { mailboxOf, subjectOf } from './subject.js'
import type { Taken } from './windows.js'

/** Who signed up before a flood began is no part of it. In milliseconds. */
const OWNER_AGE = 86_400_000

/** Limits sign-ups with a password. What the form's own checks refuse is not counted. */
export function limitSignUps (accountOf: (input: { formFields: { id: string, value: unknown }[] }) => string): RecipeOverride<'emailpassword'> {
  return {
    apis: (original) => ({
      ...original,
      async signUpPOST (input) {
        const { userContext, options: { res } } = input
        return await answering(res, async () => {
          await appOf(userContext).twoFactor.limits?.signUps?.reserve({ subject: accountOf(input), networks: networksOfRequest(userContext) })
          return await original.signUpPOST!(input)
        })
      }
    })
  }
}

/**
 * Limits sign-ups by social login. Who is new is known only once the provider has named the person: returning users are
 * not counted, and sign in while nobody can sign up.
 */
export function limitSocialSignUps (): RecipeOverride<'thirdparty'> {
  return {
    apis: (original) => ({
      ...original,
      signInUpPOST: (input) => answering(input.options.res, () => original.signInUpPOST!(input))
    }),
    functions: (original) => ({
      ...original,
      // Only the API calls this one. A host that creates users calls `manuallyCreateOrUpdateUser`.
      async signInUp (input) {
        const { thirdPartyId: id, thirdPartyUserId: userId, email, tenantId, userContext } = input
        const { limits } = appOf(userContext).twoFactor
        if (limits?.signUps === undefined) return await original.signInUp(input)
        // The SDK has asked the same just now, and keeps the answer for the length of the request.
        const known = await listUsersByAccountInfo(tenantId, { thirdParty: { id, userId } }, true, userContext)
        if (known.length === 0) await limits.signUps.reserve({ subject: subjectOf(email), networks: networksOfRequest(userContext) })
        return await original.signInUp(input)
      }
    })
  }
}

/**
 * Takes what a mail to an address costs that nobody has confirmed.
 *
 * @throws AUTH_LIMIT_REACHED
 */
export async function reserveMail (mails: OpenActions, email: string, userId: string, userContext: UserContext): Promise<Taken> {
  return await mails.reserve({
    subject: mailboxOf(email),
    networks: networksOfRequest(userContext),
    isOwner: async () => Date.now() - ((await getUser(userId, userContext))?.timeJoined ?? Infinity) > OWNER_AGE
  })
}

/** Limits mails that verify an address, however often a session asks for one. */
export function limitVerificationMails (): RecipeOverride<'emailverification'> {
  // Requests for a mail, and what each has taken. The SDK hands one userContext through a whole request.
  const asking = new WeakMap<UserContext, { taken?: Taken }>()

  return {
    apis: (original) => ({
      ...original,
      async generateEmailVerifyTokenPOST (input) {
        const request: { taken?: Taken } = {}
        asking.set(input.userContext, request)
        return await answering(input.options.res, async () => {
          let sent = false
          try {
            const result = await original.generateEmailVerifyTokenPOST!(input)
            sent = result.status === 'OK'
            return result
          } finally {
            if (!sent) await request.taken?.giveBack()
          }
        })
      }
    }),
    functions: (original) => ({
      ...original,
      // Here the address is known, and no token has been made. Social logins make tokens too, but send no mail.
      async createEmailVerificationToken (input) {
        const { email, recipeUserId, userContext } = input
        const request = asking.get(userContext)
        const mails = appOf(userContext).twoFactor.limits?.mails
        if (request !== undefined && mails !== undefined) request.taken = await reserveMail(mails, email, recipeUserId.getAsString(), userContext)
        return await original.createEmailVerificationToken(input)
      }
    })
  }
}
