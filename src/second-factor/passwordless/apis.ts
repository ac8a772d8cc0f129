import { getUser } from 'supertokens-node'
import type { APIInterface } from 'supertokens-node/recipe/passwordless/types'
import type { SecondFactorLogin } from '../factor.js'
import type { FactorCall, SecondFactorRequests } from '../requests.js'
import { deviceFits } from './device.js'
import { PASSWORDLESS, type CodeFactor, type CodeTypes } from './types.js'

interface CodeApisOptions {
  factors: readonly [CodeFactor, ...CodeFactor[]]
  login: SecondFactorLogin
  requests: SecondFactorRequests
  existenceChecks: boolean
}

/** The Passwordless recipe's APIs, handed to the shared login. They never create or replace a session. */
export function codeApis ({ factors: [first, ...others], login, requests, existenceChecks }: CodeApisOptions) {
  /** The factor that the session is being asked for. */
  async function askedFor (call: FactorCall): Promise<CodeFactor> {
    if (others.length === 0) return first
    // A session that cannot be opened is refused by the login, which publishes that.
    const challenge = await requests.open(call).then((request) => request.challenge, () => undefined)
    return others.find(({ id }) => id === challenge?.factor) ?? first
  }

  return (original: APIInterface): APIInterface => ({
    ...original,

    createCodePOST: (input) => {
      const [contact, address] = 'email' in input ? ['email', input.email] as const : ['phoneNumber', input.phoneNumber] as const
      const factor = [first, ...others].find((one) => one[PASSWORDLESS].contact === contact)
      return login.ask<CodeTypes>(factor ?? first, input, { address: factor && address })
    },

    async resendCodePOST (input) {
      const { deviceId, preAuthSessionId } = input
      return await login.askAgain<CodeTypes>(await askedFor(input), input, deviceFits(deviceId, preAuthSessionId) ? preAuthSessionId : undefined, { deviceId })
    },

    async consumeCodePOST (input) {
      const factor = await askedFor(input)
      const answered = await login.answer<CodeTypes>(factor, input, input)
      if (answered.status !== 'OK') return answered
      const { proof: { user: contactUser, createdNewRecipeUser }, session } = answered
      // The guides answer with the phone's own user. Where numbers are private, answer with the person who signed in.
      const user = factor[PASSWORDLESS].showsContact ? contactUser : await getUser(session.getUserId(), input.userContext)
      return { status: 'OK', createdNewRecipeUser, user: user ?? contactUser, session }
    },

    // Stock forms ask this while people type. An honest answer would list accounts to anyone (ASVS 6.3.8).
    ...(!existenceChecks && { phoneNumberExistsGET: async () => ({ status: 'OK', exists: false }) })
  })
}
