import { getUser } from 'supertokens-node'
import type { APIInterface } from 'supertokens-node/recipe/passwordless/types'
import type { SmsFactorOptions } from './options.js'
import type { Factor, SecondFactorLogin } from '../../factor.js'
import { deviceFits } from './device.js'
import type { SmsTypes } from './types.js'

/** The Passwordless recipe's APIs, handed to the shared login. They never create or replace a session. */
export function smsApis (factor: Factor<SmsTypes>, login: SecondFactorLogin, { existenceChecks, exposePhoneNumber }: SmsFactorOptions) {
  return (original: APIInterface): APIInterface => ({
    ...original,

    createCodePOST: (input) =>
      login.ask(factor, input, { phoneNumber: 'phoneNumber' in input ? input.phoneNumber : undefined }),

    resendCodePOST: (input) => {
      const { deviceId, preAuthSessionId } = input
      return login.askAgain(factor, input, deviceFits(deviceId, preAuthSessionId) ? preAuthSessionId : undefined, { deviceId })
    },

    async consumeCodePOST (input) {
      const answered = await login.answer(factor, input, input)
      if (answered.status !== 'OK') return answered
      const { proof: { user: phoneUser, createdNewRecipeUser }, session, beside } = answered
      // The guides answer with the phone's own user. Where numbers are private, answer with the person who signed in.
      const user = exposePhoneNumber ? phoneUser : await getUser(session.getUserId(), input.userContext)
      return { status: 'OK', createdNewRecipeUser, user: user ?? phoneUser, session, ...beside }
    },

    // Stock forms ask this while people type. An honest answer would list accounts to anyone (ASVS 6.3.8).
    ...(!existenceChecks && { phoneNumberExistsGET: async () => ({ status: 'OK', exists: false }) })
  })
}
