import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { APIInterface, APIOptions, RecipeInterface } from 'supertokens-node/recipe/passwordless/types'
import type { UserContext } from 'supertokens-node/types'
import { getUser } from 'supertokens-node'
import { FirstFactorOnly, LinkCodeRefused } from '../../../errors.js'
import { maskPhoneNumber } from '../../../phone/number.js'
import { appOf } from '../../../supertokens/sdk.js'
import { deviceFits } from '../../challenge.js'
import { phonePayload } from './payload.js'
import type { SecondFactorRequest, SecondFactorRequests } from '../../requests.js'

type ApiResult<Name extends 'createCodePOST' | 'resendCodePOST' | 'consumeCodePOST'> = ReturnType<NonNullable<APIInterface[Name]>>
type NewCode = Awaited<ReturnType<RecipeInterface['createCode']>>

const RESTART = { status: 'RESTART_FLOW_ERROR' } as const
const NOT_SENT = { status: 'GENERAL_ERROR', message: 'The code could not be sent. Please try again in a moment.' } as const

export interface SecondFactorApiOptions {
  claim: BooleanClaim
  /** Seconds. */
  codeLifetime: number
  exposePhoneNumber: boolean
}

/**
 * The SMS code as a second factor (guides 001 and 000): it never makes or replaces a session, it flips the claim of the one
 * that asked for the code. Which phone may be asked for is not decided here but in phone-pinning, the layer outside.
 *
 * The recipe's functions are called directly, with every input set by us: the SDK's own API implementation picks one of three code
 * paths by headers and flags of the client, and makes a session by the transfer method that the client names.
 */
export function createSecondFactorApis (requests: SecondFactorRequests, { claim, codeLifetime, exposePhoneNumber }: SecondFactorApiOptions) {
  async function send (options: APIOptions, code: NewCode, phoneNumber: string, tenantId: string, userContext: UserContext): Promise<boolean> {
    const { userInputCode, preAuthSessionId } = code
    try {
      await options.smsDelivery.ingredientInterfaceImpl.sendSms({
        type: 'PASSWORDLESS_LOGIN', isFirstFactor: false, phoneNumber, userInputCode, codeLifetime: Math.min(code.codeLifetime, codeLifetime * 1000), preAuthSessionId, tenantId, userContext
      })
      return true
    } catch (err) {
      appOf(userContext).log.error({ err, phone: maskPhoneNumber(phoneNumber) }, 'second-factor code not sent')
      return false
    }
  }

  /** Binds the new code to the session before it is sent: an answered code nobody asked for would be worse than a lost one. */
  async function bind (request: SecondFactorRequest, { preAuthSessionId, codeId }: NewCode, phoneNumber: string, userContext: UserContext): Promise<void> {
    const bound = await requests.bind(request, { preAuthSessionId, phoneNumber, codeId, sentAt: Date.now() }, userContext)
    if (!bound) throw new Session.Error({ type: 'UNAUTHORISED', message: 'the session has ended' })
  }

  return (original: APIInterface): APIInterface => ({
    ...original,

    async createCodePOST (input): ApiResult<'createCodePOST'> {
      const { options, userContext } = input
      const request = await requests.open(input)
      if (!('phoneNumber' in input)) throw new FirstFactorOnly()
      const { phoneNumber } = input
      const tenantId = request.session.getTenantId()
      const code = await options.recipeImplementation.createCode({ phoneNumber, tenantId, session: undefined, shouldTryLinkingWithSessionUser: false, userContext })
      await bind(request, code, phoneNumber, userContext)
      const { preAuthSessionId, deviceId } = code
      if (!await send(options, code, phoneNumber, tenantId, userContext)) {
        await options.recipeImplementation.revokeCode({ preAuthSessionId, tenantId, userContext })
        return NOT_SENT
      }
      return { status: 'OK', deviceId, preAuthSessionId, flowType: 'USER_INPUT_CODE' }
    },

    async resendCodePOST (input): ApiResult<'resendCodePOST'> {
      const { options, userContext, deviceId, preAuthSessionId } = input
      const request = await requests.open(input)
      const { session, challenge } = request
      if (challenge?.preAuthSessionId !== preAuthSessionId || !deviceFits(deviceId, preAuthSessionId)) return RESTART
      const tenantId = session.getTenantId()
      const code = await options.recipeImplementation.createNewCodeForDevice({ deviceId, tenantId, userContext })
      if (code.status !== 'OK') return RESTART
      if (!await send(options, code, challenge.phoneNumber, tenantId, userContext)) {
        await options.recipeImplementation.revokeCode({ codeId: code.codeId, tenantId, userContext })
        return NOT_SENT
      }
      await bind(request, code, challenge.phoneNumber, userContext)
      // The Core keeps every code of a challenge alive, which would give a guesser one more target with each resend.
      await options.recipeImplementation.revokeCode({ codeId: challenge.codeId, tenantId, userContext })
      return { status: 'OK' }
    },

    async consumeCodePOST (input): ApiResult<'consumeCodePOST'> {
      // The Core accepts a link's code for every device, whatever the flow type.
      if (!('deviceId' in input)) throw new LinkCodeRefused()
      const { options, userContext, deviceId, preAuthSessionId, userInputCode } = input
      const { session, challenge } = await requests.open(input)
      // A code works for the challenge it was made for, in the session that asked for it (ASVS 6.6.2): otherwise an attacker with the
      // password has a code sent to a phone of theirs in one session and spends it in the victim's.
      if (challenge?.preAuthSessionId !== preAuthSessionId || !deviceFits(deviceId, preAuthSessionId)) return RESTART
      const tenantId = session.getTenantId()
      if (Date.now() - challenge.sentAt > codeLifetime * 1000) {
        await options.recipeImplementation.revokeCode({ preAuthSessionId, tenantId, userContext })
        return RESTART
      }
      const result = await options.recipeImplementation.consumeCode({
        userInputCode, deviceId, preAuthSessionId, tenantId, session: undefined, shouldTryLinkingWithSessionUser: false, userContext
      })
      // Linking is off, and no session was given to link to.
      if (result.status === 'LINKING_TO_SESSION_USER_FAILED') return RESTART
      if (result.status !== 'OK') return result
      await session.mergeIntoAccessTokenPayload({
        ...claim.addToPayload_internal({}, true, userContext),
        ...phonePayload(challenge.phoneNumber, exposePhoneNumber)
      }, userContext)
      // The guides answer with the phone's own user; where numbers are private, with the person who signed in.
      const user = exposePhoneNumber ? result.user : await getUser(session.getUserId(), userContext)
      return { status: 'OK', createdNewRecipeUser: result.createdNewRecipeUser, user: user ?? result.user, session }
    }
  })
}
