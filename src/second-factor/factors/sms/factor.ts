import * as Passwordless from 'supertokens-node/recipe/passwordless'
import { LinkCodeRefused, PhoneBroken, PhoneMismatch } from '../../../errors.js'
import { refuse } from '../../../limits/answers.js'
import type { SmsFactorOptions } from './options.js'
import { mayReach } from '../../../phone/countries.js'
import { takesTexts } from '../../../phone/kinds.js'
import { isSameNumber, maskPhoneNumber, toE164 } from '../../../phone/number.js'
import { appOf } from '../../../supertokens/sdk.js'
import type { Factor, FactorContext, Made } from '../../factor.js'
import type { AddressClaim } from '../../state.js'
import { smsApis } from './apis.js'
import { readCode, shapeOf } from './code.js'
import { deviceFits } from './device.js'
import { smsEndpoints } from './endpoints.js'
import { PHONE_RECORD } from './enrolled-phone.js'
import { phonePayload } from './payload.js'
import { PINNED, type PinnedPhone } from './pinned-phone.js'
import type { SmsTypes } from './types.js'
import { passwordlessRecipe, refuseSessionsByCodeAlone } from './recipe.js'

type CoreCode = Awaited<ReturnType<typeof Passwordless.createCode>>
type CheckedCode = Awaited<ReturnType<typeof Passwordless.checkCode>>

const OUTCOMES = {
  INCORRECT_USER_INPUT_CODE_ERROR: 'wrong',
  EXPIRED_USER_INPUT_CODE_ERROR: 'expired',
  RESTART_FLOW_ERROR: 'restart'
} as const

const claimOf = ({ state }: FactorContext): AddressClaim | undefined => state.state === 'enrolled' ? state.claim : undefined

/**
 * A code by SMS (guides 001 and 000). SuperTokens' Passwordless recipe makes, stores and checks the codes.
 *
 * Each call names all of its inputs and passes no session. The SDK's own APIs would pick one of three code paths by headers
 * and flags of the client, and create a session by the transfer method that the client names.
 *
 * @param pinnedPhone finds the user's phone; phone-pinning decides how
 */
export function createSmsFactor (options: SmsFactorOptions, pinnedPhone: PinnedPhone): Factor<SmsTypes> {
  const { codeLifetime, defaultCountry, exposePhoneNumber } = options
  // The Core's default. It says its own with every code that it refuses.
  let maximumCodeInputAttempts = 5

  function rejected (rejection: Exclude<CheckedCode, { status: 'OK' }>) {
    if (rejection.status !== 'RESTART_FLOW_ERROR') maximumCodeInputAttempts = rejection.maximumCodeInputAttempts
    return { outcome: OUTCOMES[rejection.status], rejection }
  }

  async function send ({ request, userContext }: FactorContext, code: CoreCode, phoneNumber: string): Promise<boolean> {
    const { userInputCode, preAuthSessionId } = code
    try {
      await Passwordless.sendSms({
        type: 'PASSWORDLESS_LOGIN',
        isFirstFactor: false,
        phoneNumber,
        userInputCode,
        codeLifetime: Math.min(code.codeLifetime, codeLifetime * 1000),
        preAuthSessionId,
        tenantId: request.session.getTenantId(),
        userContext
      })
      return true
    } catch (err) {
      appOf(userContext).log.error({ err, phone: maskPhoneNumber(phoneNumber) }, 'second-factor code not sent')
      return false
    }
  }

  async function revoke ({ request, userContext }: FactorContext, code: { preAuthSessionId: string } | { codeId: string }): Promise<void> {
    await Passwordless.revokeCode({ ...code, tenantId: request.session.getTenantId(), userContext })
  }

  function made (context: FactorContext, code: CoreCode, phoneNumber: string, withdrawn: { preAuthSessionId: string } | { codeId: string }): Made {
    const { codeId, preAuthSessionId, userInputCode } = code
    return {
      challenge: { id: preAuthSessionId, details: { codeId, ...shapeOf(userInputCode) } },
      deliver: () => send(context, code, phoneNumber),
      withdraw: () => revoke(context, withdrawn)
    }
  }

  const factor: Factor<SmsTypes> = {
    id: 'sms',
    mfaId: 'otp-phone',
    amr: ['otp', 'sms'],
    strength: 20,
    record: PHONE_RECORD,
    challengeLifetime: codeLifetime,
    // Of several answers with the right code, the Core accepts one.
    checkSpends: true,
    endpoints: smsEndpoints,

    addressing: {
      kind: 'phone',
      named: ({ phoneNumber }) => phoneNumber === undefined ? undefined : toE164(phoneNumber, defaultCountry),
      isSame: isSameNumber,
      // Stock pages send what the token says, which may be masked.
      asksForEnrolled: ({ phoneNumber }, enrolled) => phoneNumber === PINNED || phoneNumber === maskPhoneNumber(enrolled),
      invalidMessage: 'Phone number is invalid',
      requireReachable (phoneNumber, userContext, owned) {
        // Who enrolled such a number before it was refused keeps it: it has answered a code.
        if (!owned && !takesTexts(phoneNumber)) throw refuse('Codes cannot be sent to this kind of number. Please use a mobile number.')
        if (!mayReach(phoneNumber, appOf(userContext).twoFactor.limits?.countries ?? [])) throw refuse('Codes cannot be sent to this country. Please use a number of another country.')
      },
      masked: (phoneNumber) => ({ phone: maskPhoneNumber(phoneNumber) }),
      isShown: exposePhoneNumber,
      mismatch: () => new PhoneMismatch()
    },

    install (app, login) {
      app.twoFactor.recipes.add('passwordless', passwordlessRecipe(options))
      app.twoFactor.recipes.override('passwordless', { apis: smsApis(factor, login, options) })
      app.twoFactor.recipes.override('session', { functions: refuseSessionsByCodeAlone })
    },

    state: pinnedPhone,
    broken: () => new PhoneBroken(),

    async challenge (context, _input, address) {
      const { request, userContext } = context
      await claimOf(context)?.requireOpen()
      const phoneNumber = address as string
      const code = await Passwordless.createCode({ phoneNumber, tenantId: request.session.getTenantId(), userContext })
      const { deviceId, preAuthSessionId } = code
      return {
        ...made(context, code, phoneNumber, { preAuthSessionId }),
        reply: { deviceId, preAuthSessionId, flowType: 'USER_INPUT_CODE' }
      }
    },

    async renew (context, { address }, { deviceId }) {
      const { request, userContext } = context
      await claimOf(context)?.requireOpen()
      const code = await Passwordless.createNewCodeForDevice({ deviceId, tenantId: request.session.getTenantId(), userContext })
      return code.status === 'OK' ? made(context, code, address as string, { codeId: code.codeId }) : undefined
    },

    // The Core keeps every code of a device alive. Each resend would give a guesser one more target.
    revokeMessage: (context, { details }) => revoke(context, { codeId: details?.codeId as string }),

    // The Core, whose codes live longer, is not asked about the code: nobody learns whether it was right.
    async expired ({ request, userContext }, { id: preAuthSessionId }) {
      const device = await Passwordless.listCodesByPreAuthSessionId({ preAuthSessionId, tenantId: request.session.getTenantId(), userContext })
      if (device === undefined) return undefined
      const { failedCodeInputAttemptCount } = device
      return { status: 'EXPIRED_USER_INPUT_CODE_ERROR', failedCodeInputAttemptCount, maximumCodeInputAttempts }
    },

    challengeOf (answer) {
      // The Core accepts a link's code for every device, whatever the flow type is.
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const { deviceId, preAuthSessionId } = answer
      return deviceFits(deviceId, preAuthSessionId) ? preAuthSessionId : undefined
    },

    read ({ details }, answer) {
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const read = readCode(answer.userInputCode, details)
      return typeof read === 'string' ? { answer: { ...answer, userInputCode: read } } : read
    },

    async check (context, { id: preAuthSessionId }, answer) {
      if (!('deviceId' in answer)) throw new LinkCodeRefused()
      const { request, state, userContext } = context
      const { deviceId, userInputCode } = answer
      const code = { deviceId, preAuthSessionId, userInputCode, tenantId: request.session.getTenantId(), userContext }
      const claim = claimOf(context)
      if (claim !== undefined) {
        const checked = await Passwordless.checkCode(code)
        if (checked.status !== 'OK') return rejected(checked)
        await claim.take()
      }
      const result = await Passwordless.consumeCode(code)
      if (result.status !== 'OK') return rejected(result)
      const { user, createdNewRecipeUser, consumedDevice: { phoneNumber } } = result
      if (state.state === 'enrolled') await state.answered?.(user.timeJoined)
      return { outcome: 'right', proof: { user, createdNewRecipeUser, phoneNumber } }
    },

    confirms: (state, _challenge, { user, phoneNumber }) =>
      state.state === 'enrolled' && state.address === phoneNumber && (state.record ?? user.id) === user.id,
    contacts: (state) => state.state === 'enrolled' && state.address !== undefined
      ? { phoneNumbers: [exposePhoneNumber ? state.address : maskPhoneNumber(state.address)] }
      : {},
    recordOf: ({ user }) => user.id,
    payload: ({ address }) => phonePayload(address as string, exposePhoneNumber)
  }
  return factor
}
