import type { APIInterface, ProviderInput, TypeProvider } from 'supertokens-node/recipe/thirdparty/types'
import { BodyInvalid, ProviderRefused, ProviderUnavailable } from '../errors.js'

type OAuth2Provider = Extract<TypeProvider, { type: 'oauth2' }>

/** Network failures of Node's fetch; everything else that a provider's exchange throws is its refusal of what the client sent. */
function isUnreachable (err: unknown): boolean {
  return err instanceof TypeError || (err instanceof Error && err.name === 'TimeoutError')
}

/** The SDK throws plain errors, hence a 500, for a code that is old, forged or of another client. */
function refusing<Input, Output> (call: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
  return async (input) => {
    try {
      return await call(input)
    } catch (err) {
      throw isUnreachable(err) ? new ProviderUnavailable({ cause: err }) : new ProviderRefused({ cause: err })
    }
  }
}

/** Makes a provider answer bad input with 4xx and an outage with 503. */
export function guardProvider (provider: ProviderInput): ProviderInput {
  return {
    ...provider,
    override (original: TypeProvider): TypeProvider {
      const implementation = provider.override?.(original) ?? original
      if (implementation.type !== 'oauth2') return implementation
      const guarded: OAuth2Provider = {
        ...implementation,
        getAuthorisationRedirectURL: refusing((input) => implementation.getAuthorisationRedirectURL(input)),
        exchangeAuthCodeForOAuthTokens: refusing((input) => implementation.exchangeAuthCodeForOAuthTokens(input)),
        getUserInfo: refusing((input) => implementation.getUserInfo(input))
      }
      return guarded
    }
  }
}

/**
 * Apple posts to us and the SDK redirects to wherever `state` says. The state is the client's, so an unchecked one is an open
 * redirect that carries the authorisation code along.
 */
export function guardAppleCallback (websiteDomains: string[]) {
  return (original: APIInterface): APIInterface => ({
    ...original,
    async appleRedirectHandlerPOST (input) {
      const target = frontendRedirect(input.formPostInfoFromProvider.state)
      if (target === undefined || !websiteDomains.includes(target.origin)) throw new BodyInvalid('state does not lead to a website of ours')
      await original.appleRedirectHandlerPOST!(input)
    }
  })
}

function frontendRedirect (state: unknown): URL | undefined {
  try {
    const { frontendRedirectURI } = JSON.parse(Buffer.from(String(state), 'base64').toString()) as { frontendRedirectURI: string }
    return new URL(frontendRedirectURI)
  } catch {
    return undefined
  }
}
