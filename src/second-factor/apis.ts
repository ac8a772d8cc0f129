import * as Session from 'supertokens-node/recipe/session'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { APIInterface, TypePasswordlessSmsDeliveryInput } from 'supertokens-node/recipe/passwordless/types'
import type { UserContext } from 'supertokens-node/types'
import { FirstFactorOnly, LinkCodeRefused } from '../errors.js'
import { maskPhoneNumber } from '../phone-number.js'
import { appOf } from '../supertokens/sdk.js'
import { deviceFits } from './challenge.js'
import type { SecondFactorRequests } from './requests.js'

type ApiResult<Name extends 'createCodePOST' | 'resendCodePOST' | 'consumeCodePOST'> = ReturnType<NonNullable<APIInterface[Name]>>

const RESTART = { status: 'RESTART_FLOW_ERROR' } as const
const NOT_SENT = { status: 'GENERAL_ERROR', message: 'The code could not be sent. Please try again in a moment.' } as const

/**
 * The SMS code as a second factor (guides 001 and 000): it never makes or replaces a session, it flips the claim of the one
 * that asked for the code. Which phone may be asked for is not decided here but in phone-pinning, the layer outside.
 *
 * The recipe's functions are called directly, with every input set by us: the SDK's own API implementation picks one of three code
 * paths by headers and flags of the client, and makes a session by the transfer method that the client names.
 */
export function createSecondFactorApis (requests: SecondFactorRequests, claim: BooleanClaim) {
  return (original: APIInterface): APIInterface => ({
    ...original,

    async createCodePOST (input): ApiResult<'createCodePOST'> {
      const { options, userContext } = input
      const request = await requests.open(input)
      const { session } = request
      if (!('phoneNumber' in input)) throw new FirstFactorOnly()
      const tenantId = session.getTenantId()
      const code = await options.recipeImplementation.createCode({
        phoneNumber: input.phoneNumber, tenantId, session: undefined, shouldTryLinkingWithSessionUser: false, userContext
      })
      const { preAuthSessionId, deviceId } = code
      if (!await requests.bind(request, { preAuthSessionId, phoneNumber: input.phoneNumber }, userContext)) {
        throw new Session.Error({ type: 'UNAUTHORISED', message: 'the session has ended' })
      }
      try {
        await options.smsDelivery.ingredientInterfaceImpl.sendSms(smsOf(code, input.phoneNumber, tenantId, userContext))
      } catch (err) {
        appOf(userContext).log.error({ err, phone: maskPhoneNumber(input.phoneNumber) }, 'second-factor code not sent')
        await options.recipeImplementation.revokeCode({ preAuthSessionId, tenantId, userContext })
        return NOT_SENT
      }
      return { status: 'OK', deviceId, preAuthSessionId, flowType: 'USER_INPUT_CODE' }
    },

    async resendCodePOST (input): ApiResult<'resendCodePOST'> {
      const { options, userContext, deviceId, preAuthSessionId } = input
      const { session, challenge } = await requests.open(input)
      if (challenge?.preAuthSessionId !== preAuthSessionId || !deviceFits(deviceId, preAuthSessionId)) return RESTART
      const tenantId = session.getTenantId()
      const code = await options.recipeImplementation.createNewCodeForDevice({ deviceId, tenantId, userContext })
      if (code.status !== 'OK') return RESTART
      try {
        await options.smsDelivery.ingredientInterfaceImpl.sendSms(smsOf(code, challenge.phoneNumber, tenantId, userContext))
      } catch (err) {
        appOf(userContext).log.error({ err, phone: maskPhoneNumber(challenge.phoneNumber) }, 'second-factor code not sent')
        return NOT_SENT
      }
      return { status: 'OK' }
    },

    async consumeCodePOST (input): ApiResult<'consumeCodePOST'> {
      // The Core accepts a link's code for every device, whatever the flow type.
      if (!('deviceId' in input)) throw new LinkCodeRefused()
      const { options, userContext, deviceId, preAuthSessionId, userInputCode } = input
      const { session, challenge } = await requests.open(input, { current: true })
      // A code works for the challenge it was made for, in the session that asked for it (ASVS 6.6.2): otherwise an attacker with the
      // password has a code sent to a phone of theirs in one session and spends it in the victim's.
      if (challenge?.preAuthSessionId !== preAuthSessionId || !deviceFits(deviceId, preAuthSessionId)) return RESTART
      const result = await options.recipeImplementation.consumeCode({
        userInputCode,
        deviceId,
        preAuthSessionId,
        tenantId: session.getTenantId(),
        session: undefined,
        shouldTryLinkingWithSessionUser: false,
        userContext
      })
      if (result.status === 'LINKING_TO_SESSION_USER_FAILED') return RESTART
      if (result.status !== 'OK') return result
      await session.mergeIntoAccessTokenPayload({
        ...claim.addToPayload_internal({}, true, userContext),
        phoneNumber: challenge.phoneNumber
      }, userContext)
      return { status: 'OK', createdNewRecipeUser: result.createdNewRecipeUser, user: result.user, session }
    }
  })
}

type SmsInput = TypePasswordlessSmsDeliveryInput & { userContext: UserContext }

function smsOf (code: { userInputCode: string, codeLifetime: number, preAuthSessionId: string }, phoneNumber: string, tenantId: string, userContext: UserContext): SmsInput {
  const { userInputCode, codeLifetime, preAuthSessionId } = code
  return { type: 'PASSWORDLESS_LOGIN', isFirstFactor: false, phoneNumber, userInputCode, codeLifetime, preAuthSessionId, tenantId, userContext }
}
