import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'
import { isLoopbackOrigin } from '../loopback.js'

/** The playground of src/playground/, which is for development only and not in the package. */
export interface PlaygroundConfig {
  /** Whether it brings its test provider. */
  provider: boolean
}

/** How the service and the test provider know each other. The provider lets anyone be anyone, so this protects nothing. */
export const TEST_PROVIDER = { id: 'test-provider', name: 'Test provider', path: '/test-provider', clientId: 'fastify-2fa', clientSecret: 'protects-nothing' }

/** The playground's own server is the provider, so it has no other address. */
export function testProvider (website: string): ProviderInput {
  const { id, name, path, clientId, clientSecret } = TEST_PROVIDER
  return {
    config: { thirdPartyId: id, name, clients: [{ clientId, clientSecret, scope: ['openid', 'email'] }], oidcDiscoveryEndpoint: `${website}${path}/.well-known/openid-configuration` }
  }
}

/** Why the playground cannot be served as this website; undefined if it can. */
export function reasonAgainst (website: string): string | undefined {
  if (!isLoopbackOrigin(website)) return `the first website (WEBSITE_DOMAIN) is ${website}, which is not this machine`
  if (!website.startsWith('http:')) return `the first website (WEBSITE_DOMAIN) is ${website}, and https needs a certificate`
  return undefined
}
