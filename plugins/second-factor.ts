import fp from 'fastify-plugin'
import { getRequestFromUserContext, getUser } from 'supertokens-node'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { FastifyInstance } from 'fastify'
import { FirstFactorOnly, PinningMissing } from '../src/errors.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { PINNED, toE164 } from '../src/phone/number.js'
import { DELIVERY, PHONE_PINNING, SECOND_FACTOR, SUPERTOKENS } from './names.js'
import { resolveOptions } from '../src/options/resolve.js'
import { createSecondFactorApis } from '../src/second-factor/factors/sms/apis.js'
import { protectChallenge, withoutChallenge } from '../src/second-factor/challenge.js'
import { claimFor, secondFactorValidator } from '../src/second-factor/claims.js'
import { createSecondFactorRequests, type SecondFactorRequests } from '../src/second-factor/requests.js'
import { mergeWithStored } from '../src/session/payload-merge.js'
import { appOf } from '../src/supertokens/sdk.js'

export type SecondFactorOptions = Pick<Fastify2faOptions, 'appInfo' | 'firstFactor' | 'secondFactorEnforcement' | 'defaultCountry' | 'existenceChecks' | 'codeLifetime' | 'exposePhoneNumber' | 'smsText'>

declare module 'fastify' {
  interface FastifyInstance {
    secondFactor: {
      /** `2fa-completed` or `phone-verified`, by the first factor that is configured. */
      readonly claim: BooleanClaim
      /** For plugins that put a layer around the second factor, as phone-pinning does. */
      readonly requests: SecondFactorRequests
    }
  }
}

/** The SMS code as a second factor: the Passwordless recipe, tamed, and the claim in every session. */
async function secondFactor (app: FastifyInstance, options: SecondFactorOptions): Promise<void> {
  const { appInfo, firstFactor, secondFactorEnforcement, defaultCountry, existenceChecks, codeLifetime, exposePhoneNumber, smsText } = resolveOptions(options)
  const claim = claimFor(firstFactor)
  const requests = createSecondFactorRequests(claim)
  app.decorate('secondFactor', { claim, requests })

  app.recipes.beforeClose(() => {
    if (!app.hasPlugin(PHONE_PINNING)) throw new PinningMissing()
  })

  app.recipes.add('passwordless', {
    contactMethod: 'PHONE',
    flowType: 'USER_INPUT_CODE',
    validatePhoneNumber: (phoneNumber) => phoneNumber === PINNED || toE164(phoneNumber, defaultCountry) !== undefined ? undefined : 'Phone number is invalid',
    smsDelivery: {
      service: {
        async sendSms ({ phoneNumber, userInputCode, codeLifetime, userContext }) {
          // A link would be a second factor that works in any browser; flowType keeps it from ever being made.
          const code = userInputCode as string
          const request = getRequestFromUserContext(userContext)
          const body = await smsText({
            appName: appInfo.appName,
            code,
            minutes: Math.floor(codeLifetime / 60_000),
            host: new URL(appInfo.websiteDomains[0]).hostname,
            acceptLanguage: request?.getHeaderValue('accept-language')
          })
          await appOf(userContext).sms.send({ to: phoneNumber, body, code, codeLifetime })
        }
      }
    }
  })
  app.recipes.override('passwordless', { apis: createSecondFactorApis(requests, { claim, codeLifetime, exposePhoneNumber }) })
  if (!existenceChecks) {
    app.recipes.override('passwordless', {
      apis: (original) => ({ ...original, phoneNumberExistsGET: async () => ({ status: 'OK', exists: false }) })
    })
  }

  app.recipes.add('session', {})
  app.recipes.override('session', {
    functions (original) {
      requests.useSessionFunctions(original)
      return {
        ...original,
        ...protectChallenge(original),
        ...mergeWithStored(original),

        async createNewSession (input) {
          const { userId, recipeUserId, tenantId, userContext } = input
          // Every way of signing in ends here. A code alone is one factor, whichever API it came by.
          const user = await getUser(recipeUserId.getAsString(), userContext)
          const method = user?.loginMethods.find((login) => login.recipeUserId.getAsString() === recipeUserId.getAsString())
          if (method?.recipeId === 'passwordless') throw new FirstFactorOnly()
          return await original.createNewSession({
            ...input,
            // The claim last: nothing that an app puts into the payload may say that the second factor has passed.
            sessionDataInDatabase: withoutChallenge((input.sessionDataInDatabase ?? {}) as Record<string, unknown>),
            accessTokenPayload: { ...input.accessTokenPayload, ...await claim.build(userId, recipeUserId, tenantId, undefined, userContext) }
          })
        },

        async getGlobalClaimValidators (input) {
          const validators = await original.getGlobalClaimValidators(input)
          return secondFactorEnforcement === 'global' ? [...validators, secondFactorValidator(claim)] : validators
        }
      }
    }
  })
}

export default fp(secondFactor, { name: SECOND_FACTOR, fastify: '5.x', dependencies: [SUPERTOKENS, DELIVERY] })
