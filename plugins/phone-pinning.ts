import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { accountPhone } from '../src/second-factor/factors/sms/account-phone.js'
import { enrolledPhone } from '../src/second-factor/factors/sms/enrolled-phone.js'
import { PHONE_PAYLOAD_KEYS, phonePayload } from '../src/second-factor/factors/sms/payload.js'
import { PHONE_PINNING, SECOND_FACTOR } from './names.js'

export type PhonePinningOptions = Pick<Fastify2faOptions, 'firstFactor' | 'defaultCountry' | 'exposePhoneNumber'>

/**
 * Which number an SMS may go to: the user's own, and no other (guide 001, step 4). The Core says which that is, each time a
 * code is asked for, sent again or spent, before anything is sent or spent.
 */
async function phonePinning (app: FastifyInstance, options: PhonePinningOptions): Promise<void> {
  const { firstFactor, exposePhoneNumber } = resolveOptions(options)
  const pinnedPhone = firstFactor === 'phone-password' ? accountPhone : enrolledPhone
  if (!app.twoFactor.secondFactor.factors.some(({ id }) => id === 'sms')) return
  app.twoFactor.secondFactor.pin('sms', pinnedPhone)

  app.twoFactor.recipes.override('session', {
    functions: (original) => ({
      ...original,
      // Frontends show where the code goes, and ask for a number only when there is none (guide 001, step 5).
      async createNewSession (input) {
        const phone = await pinnedPhone({ userId: input.userId, recipeUserId: input.recipeUserId.getAsString() }, input.userContext)
        const accessTokenPayload = { ...input.accessTokenPayload }
        for (const key of PHONE_PAYLOAD_KEYS) delete accessTokenPayload[key]
        const hint = phone.state === 'enrolled' && phone.address !== undefined ? phonePayload(phone.address, exposePhoneNumber) : {}
        return await original.createNewSession({ ...input, accessTokenPayload: { ...accessTokenPayload, ...hint } })
      }
    })
  })
}

export default fp(phonePinning, { name: PHONE_PINNING, fastify: '5.x', dependencies: [SECOND_FACTOR] })
