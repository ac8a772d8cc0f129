import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { User, UserContext } from 'supertokens-node/types'
import { audit } from '../src/audit/audit.js'
import { PhoneBroken, PhoneMismatch } from '../src/errors.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { accountPhone } from '../src/second-factor/factors/sms/account-phone.js'
import { enrolledPhone } from '../src/second-factor/factors/sms/enrolled-phone.js'
import { endOtherSessions } from '../src/second-factor/end-other-sessions.js'
import { subjectOf, type PhoneState } from '../src/second-factor/factors/sms/pinned-phone.js'
import { PHONE_PINNING, SECOND_FACTOR } from './names.js'
import { maskPhoneNumber, PINNED, toE164 } from '../src/phone/number.js'
import { resolveOptions } from '../src/options/resolve.js'
import { PHONE_PAYLOAD_KEYS, phonePayload } from '../src/second-factor/factors/sms/payload.js'
import type { SecondFactorRequest } from '../src/second-factor/requests.js'

export type PhonePinningOptions = Pick<Fastify2faOptions, 'firstFactor' | 'defaultCountry' | 'exposePhoneNumber'>

/**
 * The layer outside the second factor: codes go to the user's own phone and to no other (guide 001, step 4). It is asked on create,
 * resend and consume, before anything is sent or spent and again after, and always from the Core: the number in the token is a hint
 * for frontends that may be older than the enrolment.
 */
async function phonePinning (app: FastifyInstance, options: PhonePinningOptions): Promise<void> {
  const { firstFactor, defaultCountry, exposePhoneNumber } = resolveOptions(options)
  const pinnedPhone = firstFactor === 'phone-password' ? accountPhone : enrolledPhone
  const { requests } = app.secondFactor

  const phones = new WeakMap<SecondFactorRequest, PhoneState>()

  async function requirePhone (request: SecondFactorRequest, phoneNumber: string | undefined, userContext: UserContext): Promise<PhoneState> {
    const phone = await pinnedPhone.find(subjectOf(request.session), userContext)
    if (phone.state === 'broken') throw new PhoneBroken()
    // Mallory, who has Alice's password, asks for the code to be sent to Mallory's phone.
    if (phone.state === 'enrolled' && phoneNumber !== undefined && phone.phoneNumber !== phoneNumber) throw new PhoneMismatch()
    phones.set(request, phone)
    return phone
  }

  /** Whether the phone that has just answered is, or becomes, the user's second factor. */
  async function settle (request: SecondFactorRequest, phone: PhoneState, phoneNumber: string | undefined, phoneUser: User, userContext: UserContext): Promise<boolean> {
    if (phone.state !== 'enrolled') {
      if (!await pinnedPhone.enrol(request.session.getUserId(), phoneUser, userContext)) return false
      await endOtherSessions(request.session, userContext)
      audit(userContext, { type: 'second-factor.enrolled', factor: 'sms', userId: request.session.getUserId(), sessionHandle: request.session.getHandle(), ...(phoneNumber !== undefined && { phone: maskPhoneNumber(phoneNumber) }) })
      return true
    }
    return phone.phoneNumber === phoneNumber && (phone.passwordlessUserId ?? phoneUser.id) === phoneUser.id
  }

  app.recipes.override('passwordless', {
    apis: (original) => ({
      ...original,
      async createCodePOST (input) {
        // contactMethod PHONE lets nothing else through; a code by mail would be no second factor (NIST 800-63B 3.1.3.1).
        const typed = 'phoneNumber' in input ? input.phoneNumber : ''
        const request = await requests.open(input)
        const named = toE164(typed, defaultCountry)
        const phone = await requirePhone(request, named, input.userContext)
        const phoneNumber = typed === PINNED && phone.state === 'enrolled' ? phone.phoneNumber : named
        if (phoneNumber === undefined) return { status: 'GENERAL_ERROR', message: 'Phone number is invalid' }
        return await original.createCodePOST!({ ...input, phoneNumber })
      },
      async resendCodePOST (input) {
        const request = await requests.open(input)
        await requirePhone(request, request.challenge?.phoneNumber, input.userContext)
        return await original.resendCodePOST!(input)
      },
      async consumeCodePOST (input) {
        const request = await requests.open(input)
        await requirePhone(request, request.challenge?.phoneNumber, input.userContext)
        return await original.consumeCodePOST!(input)
      }
    }),

    functions: (original) => ({
      ...original,
      // Under the API layer, so that the phone is enrolled before the claim is flipped: if enrolling fails, the claim stays false.
      async consumeCode (input) {
        const result = await original.consumeCode(input)
        const request = requests.find(input.userContext)
        const phone = request && phones.get(request)
        // Calls of the host's own, outside a second-factor request, are none of our business: they flip no claim.
        if (result.status !== 'OK' || request === undefined || phone === undefined) return result
        const { consumedDevice: { phoneNumber }, user } = result
        return await settle(request, phone, phoneNumber, user, input.userContext) ? result : { status: 'RESTART_FLOW_ERROR' }
      }
    })
  })

  app.recipes.override('session', {
    functions: (original) => ({
      ...original,
      // The frontend shows where the code goes, and asks for a number only when there is none (guide 001, step 5).
      async createNewSession (input) {
        const phone = await pinnedPhone.find({ userId: input.userId, recipeUserId: input.recipeUserId.getAsString() }, input.userContext)
        const accessTokenPayload = { ...input.accessTokenPayload }
        for (const key of PHONE_PAYLOAD_KEYS) delete accessTokenPayload[key]
        return await original.createNewSession({
          ...input,
          accessTokenPayload: { ...accessTokenPayload, ...(phone.state === 'enrolled' && phonePayload(phone.phoneNumber, exposePhoneNumber)) }
        })
      }
    })
  })
}

export default fp(phonePinning, { name: PHONE_PINNING, fastify: '5.x', dependencies: [SECOND_FACTOR] })
