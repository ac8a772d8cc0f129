import type { ProviderInput, TypeProvider, UserInfo } from 'supertokens-node/recipe/thirdparty/types'
import type { UserContext } from 'supertokens-node/types'
import { BodyInvalid, ProviderUnavailable } from '../../errors.js'
import { createDiscovery } from './discovery.js'
import { inTime, isClientsFault, isOurs, isOutage, oauthErrorIn, outage, PATIENCE_MS, reasonOf, refusal } from './failures.js'
import { textOf } from '../../members.js'
import type { OAuth2Provider } from './oauth2-provider.js'
import { idTokenProblem, isOfAnotherKind } from './id-token.js'
import { idTokenOf, isBoundToUs, isConsistent, readable } from './user-info.js'

type GetUserInfoInput = Parameters<OAuth2Provider['getUserInfo']>[0]

/** SuperTokens' own clients for development are named with this in front. */
const DEVELOPMENT = /^4398792-/

const NOT_BOUND = 'oAuthTokens must hold an ID token that the provider issued to this service'

/**
 * Makes a provider answer bad input with 4xx and an outage with 503; the SDK throws plain errors for both, hence a 500.
 * Also refuses tokens that were issued to another app. `providerProblems` has checked the settings.
 */
export function guardProvider (provider: ProviderInput, patienceMs = PATIENCE_MS): ProviderInput {
  const { thirdPartyId: id } = provider.config
  const discover = createDiscovery(id)

  function override (original: TypeProvider): TypeProvider {
    const implementation = provider.override?.(original) ?? original
    if (implementation.type !== 'oauth2') return implementation
    const ownTokens = new WeakSet<object>()
    let issuer: string | undefined

    /** @param user client input that the SDK parses during the call */
    async function ask<Result> (call: () => Promise<Result>, userContext: UserContext | undefined, user?: unknown): Promise<Result> {
      try {
        return await inTime(id, call(), patienceMs)
      } catch (err) {
        if (isOurs(err)) throw err
        throw isOutage(err) && !isClientsFault(err, user) ? outage(id, reasonOf(err)) : refusal(id, reasonOf(err), userContext)
      }
    }

    async function checkAccessToken ({ oAuthTokens, userContext }: GetUserInfoInput): Promise<boolean> {
      const { validateAccessToken } = implementation.config
      const accessToken = textOf(oAuthTokens, 'access_token')
      if (validateAccessToken === undefined || accessToken === undefined) return false
      await validateAccessToken({ accessToken, clientConfig: implementation.config, userContext: userContext as UserContext })
      return true
    }

    function requireProof (info: UserInfo, userContext: UserContext | undefined): void {
      const { clientId, validateIdTokenPayload } = implementation.config
      const claims = idTokenOf(info)
      if (claims === undefined && validateIdTokenPayload === undefined) return
      const problem = claims === undefined ? 'there is none' : idTokenProblem(claims, { issuer, clientId: clientId.replace(DEVELOPMENT, '') })
      if (problem !== undefined) throw refusal(id, `ID token: ${problem}`, userContext)
    }

    const guarded: OAuth2Provider = {
      ...implementation,

      async getConfigForClientType (input) {
        let config
        try {
          config = await implementation.getConfigForClientType(input)
        } catch (err) {
          if (err instanceof Error && /\bclientType\b/.test(err.message)) throw new BodyInvalid(`There is no client of "${id}" for this clientType`)
          // Settings that cannot work, such as an invalid private key for Apple.
          throw new ProviderUnavailable({ cause: err })
        }
        const { oidcDiscoveryEndpoint, ...others } = config
        if (oidcDiscoveryEndpoint === undefined) return config
        const discovered = await discover(oidcDiscoveryEndpoint)
        issuer = discovered.issuer
        const configured = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)) as typeof others
        return { ...discovered.endpoints, ...configured }
      },

      async getAuthorisationRedirectURL (input) {
        return await ask(() => implementation.getAuthorisationRedirectURL(input), input.userContext)
      },

      async exchangeAuthCodeForOAuthTokens (input) {
        const { code, user, error } = input.redirectURIInfo.redirectURIQueryParams
        // A user who declines on the provider's page comes back with an error and no code.
        if (code === undefined || code === '') throw refusal(id, oauthErrorIn(error) ?? 'no code', input.userContext)
        const tokens: unknown = await ask(() => implementation.exchangeAuthCodeForOAuthTokens(input), input.userContext, user)
        // GitHub refuses with status 200.
        const refused = textOf(tokens, 'error')
        if (refused !== undefined) throw refusal(id, oauthErrorIn(refused) ?? 'error', input.userContext)
        if (textOf(tokens, 'access_token') === undefined && textOf(tokens, 'id_token') === undefined) throw outage(id, 'no tokens in the answer')
        ownTokens.add(tokens as object)
        return tokens
      },

      async getUserInfo (input) {
        const { oAuthTokens, userContext } = input
        const ours = ownTokens.has(oAuthTokens as object)
        if (!ours && implementation.config.validateAccessToken === undefined && textOf(oAuthTokens, 'id_token') === undefined) throw new BodyInvalid(NOT_BOUND)
        if (isOfAnotherKind(textOf(oAuthTokens, 'id_token') ?? '')) throw refusal(id, 'an ID token of another kind', userContext)
        // Some of the SDK's providers do not call a validator of the host's, so it is always called here. The SDK's own
        // is not needed for tokens that we have got ourselves.
        const isValidated = (!ours || provider.config.validateAccessToken !== undefined) && await ask(() => checkAccessToken(input), userContext)
        const info = await ask(() => implementation.getUserInfo(input), userContext, textOf(oAuthTokens, 'user'))
        requireProof(info, userContext)
        const validated = ours || isValidated
        if (!isConsistent(info)) throw refusal(id, 'tokens of different people', userContext)
        if (!validated && !isBoundToUs(info)) throw new BodyInvalid(NOT_BOUND)
        const result = readable(info, implementation.config)
        if (result === undefined) throw outage(id, 'no readable user')
        return result
      }
    }
    return guarded
  }

  // Copy `config`: the SDK writes its defaults into it, and the host owns it.
  return { ...provider, config: { ...provider.config }, override }
}
