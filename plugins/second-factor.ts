import fp from 'fastify-plugin'
import type { BooleanClaim } from 'supertokens-node/recipe/session/claims'
import type { UserContext } from 'supertokens-node/types'
import type { FastifyInstance } from 'fastify'
import { knownBrowserEndpoints } from '../src/account/known-browser-endpoints.js'
import { createKnownBrowsers } from '../src/account/known-browsers.js'
import { OptionsInvalid, PinningMissing } from '../src/errors.js'
import { createUndo } from '../src/account/undo.js'
import type { Fastify2faOptions } from '../src/options/options.js'
import { resolveOptions } from '../src/options/resolve.js'
import { onReload } from '../src/reload/reloads.js'
import { claimFor, secondFactorValidator } from '../src/second-factor/claims.js'
import type { Factor, FactorEndpoint } from '../src/second-factor/factor.js'
import { createFactorKeys } from '../src/second-factor/factor-keys.js'
import type { FindState } from '../src/second-factor/state.js'
import { createFactors } from '../src/second-factor/factors/index.js'
import { createSecondFactorLogin } from '../src/second-factor/login.js'
import { noticeOptions } from '../src/second-factor/notices.js'
import { withFirstFactor, withSoleFactor } from '../src/second-factor/passed.js'
import { createSecondFactorRequests, type SecondFactorRequests } from '../src/second-factor/requests.js'
import { createRequirement, type Requirement } from '../src/second-factor/requirement.js'
import { guardBirths } from '../src/session/birth.js'
import { protectOwnData, withoutOwnData } from '../src/session/own-data.js'
import { keepOwnFunctions } from '../src/session/own-functions.js'
import { mergeWithStored } from '../src/session/payload-merge.js'
import { signInRecord } from '../src/session/sign-in-record.js'
import { takeSoleFactor } from '../src/session/sole-factor.js'
import { requestOf } from '../src/supertokens/sdk.js'
import { share } from '../src/two-factor.js'
import { CONTESTS, DELIVERY, PHONE_PINNING, SECOND_FACTOR, SUPERTOKENS } from './names.js'

export type SecondFactorOptions = Pick<Fastify2faOptions, 'appInfo' | 'firstFactor' | 'secondFactors' | 'passkeyRpId' | 'passkeySignIn' | 'knownBrowsers' | 'recoveryCodes' | 'factorKeys' | 'production' | 'emailFactorFlow' | 'oneMailboxForBothFactors' | 'passwordReset' | 'thirdPartyProviders' | 'secondFactorEnforcement' | 'secondFactorRequired' | 'defaultCountry' | 'existenceChecks' | 'codeLifetime' | 'exposePhoneNumber' | 'smsText' | 'accountRecovery' | 'recoveryPeriod' | 'contestPeriod' | 'noticesOff' | 'placeOf'>

declare module '../src/two-factor.js' {
  interface TwoFactor {
    secondFactor: {
      /** `2fa-completed` or `phone-verified`, by the first factor that is configured. */
      readonly claim: BooleanClaim
      readonly factors: readonly Factor[]
      /** Open second-factor requests, for overrides that look at the session or its challenge. */
      readonly requests: SecondFactorRequests
      /** Who needs a second factor. */
      readonly requirement: Requirement
      /** Endpoints of known browsers; none where `knownBrowsers` is off. */
      readonly browserEndpoints: readonly FactorEndpoint[]
      readonly login: ReturnType<typeof createSecondFactorLogin>
      /** Says where the addresses of a factor are pinned; phone-pinning does so for `sms`. */
      pin (factor: string, find: FindState): void
    }
  }
}

/** By the endpoint; sessions that a host creates by itself count as by password. */
function firstFactorOf (userContext: UserContext): 'emailpassword' | 'thirdparty' {
  return requestOf(userContext)?.routeOptions.url?.endsWith('/signinup') === true ? 'thirdparty' : 'emailpassword'
}

/** The second factors, and the claim in every session that says whether one has passed. */
async function secondFactor (app: FastifyInstance, options: SecondFactorOptions): Promise<void> {
  const resolved = resolveOptions(options, ['factors'])
  const claim = claimFor(resolved.firstFactor)
  const requests = createSecondFactorRequests(claim)
  const pins = new Map<string, FindState>()

  const pinOf = (factor: string): FindState => async (subject, userContext, how) => {
    const find = pins.get(factor)
    if (find === undefined) throw new PinningMissing()
    return await find(subject, userContext, how)
  }
  const factorKeys = createFactorKeys(resolved.factorKeys)
  let used = resolved.factorKeys
  onReload(app, ({ factorKeys: next }) => {
    if (next === undefined) return undefined
    resolveOptions({ ...options, factorKeys: next }, ['factors'])
    if (factorKeys.areKnown) throw new OptionsInvalid('factorKeys: there were none at the start, and what was sealed without them could not be opened')
    return () => {
      if (used.some((key) => !next.includes(key))) app.log.warn('a key has been dropped from factorKeys (FACTOR_KEY): authenticator apps whose secrets it encrypted are broken, and passkeys that name accounts by it no longer sign in alone')
      factorKeys.replace(next)
      used = next
    }
  })
  const factors = await createFactors({ ...resolved, factorKeys }, pinOf)
  const requirement = createRequirement(resolved.secondFactorRequired, factors)
  const notices = noticeOptions(resolved)
  const undo = createUndo({ records: factors.map(({ record }) => record), notices })
  app.twoFactor.contests.add(undo.contest)
  const login = createSecondFactorLogin({
    claim,
    requests,
    factors,
    requirement,
    notices,
    undo,
    recovers: resolved.accountRecovery
  })
  const browserEndpoints = resolved.knownBrowsers
    ? knownBrowserEndpoints(createKnownBrowsers({ factors, requests, login, websites: resolved.appInfo.websiteDomains }))
    : []
  share(app, 'secondFactor', { claim, factors, requests, requirement, login, browserEndpoints, pin: (factor, find) => { pins.set(factor, find) } })

  app.twoFactor.recipes.beforeClose(() => {
    if (!app.hasPlugin(PHONE_PINNING)) throw new PinningMissing()
  })

  app.twoFactor.recipes.add('session', {})
  app.twoFactor.recipes.override('session', {
    functions (original) {
      keepOwnFunctions(original)
      return {
        ...original,
        ...protectOwnData(original),
        ...mergeWithStored(original),

        // Every way of signing in ends here.
        async createNewSession (input) {
          const { userId, recipeUserId, tenantId, userContext } = input
          const payload = await requirement.marked(input)
          const sole = takeSoleFactor(input)
          const passed = sole === undefined
            ? { ...withFirstFactor(payload, firstFactorOf(userContext), !requirement.isNeeded(payload)), ...await claim.build(userId, recipeUserId, tenantId, undefined, userContext) }
            : { ...withSoleFactor(payload, sole, factors), ...claim.addToPayload_internal({}, true, userContext) }
          return await original.createNewSession({
            ...input,
            sessionDataInDatabase: { ...withoutOwnData((input.sessionDataInDatabase ?? {}) as Record<string, unknown>), ...signInRecord(userContext) },
            // The claim comes last: nothing that an app puts into the payload may say that the second factor has passed.
            accessTokenPayload: passed
          })
        },

        async getGlobalClaimValidators (input) {
          const validators = await original.getGlobalClaimValidators(input)
          return resolved.secondFactorEnforcement === 'global' ? [...validators, requirement.validator(secondFactorValidator(claim))] : validators
        }
      }
    }
  })

  const records = factors.map(({ record }) => record)
  app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original, ...guardBirths(original, records) }) })

  for (const factor of factors) factor.install?.(app, login)
}

export default fp(secondFactor, { name: SECOND_FACTOR, fastify: '5.x', dependencies: [SUPERTOKENS, DELIVERY, CONTESTS] })
