import { isDeepStrictEqual } from 'node:util'
import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import { OptionsInvalid } from '../../errors.js'

type Providers = readonly ProviderInput[]

/** A client that is registered at a provider, without what proves that it is that client. */
const publicPart = ({ clients = [], ...config }: ProviderInput['config']) =>
  ({ ...config, clients: clients.map(({ clientSecret: _secret, additionalConfig: _private, ...client }) => client) })

/** Whether two lists name the same providers and clients: then only secrets differ, if anything does. */
export function differOnlyInSecrets (one: Providers, other: Providers): boolean {
  const publicParts = (providers: Providers) => providers.map(({ config, ...rest }) => ({ ...rest, config: publicPart(config) }))
  return isDeepStrictEqual(publicParts(one), publicParts(other))
}

/**
 * Prepares other secrets for the providers that the SDK was given. It reads them anew for each sign-in.
 *
 * @returns puts them in place
 * @throws AUTH_OPTIONS_INVALID if anything else differs: the SDK and its pages know it from the start
 */
export function prepareSecrets (running: Providers, present: Providers, next: Providers): () => void {
  if (!differOnlyInSecrets(present, next)) throw new OptionsInvalid('thirdPartyProviders: only secrets of clients can change while the app runs')
  return () => {
    for (const [i, { config }] of running.entries()) {
      const { clients } = next[i]!.config
      if (clients !== undefined) config.clients = clients
    }
  }
}
