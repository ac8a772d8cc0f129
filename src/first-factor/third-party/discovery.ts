import type { OAuth2Provider } from './oauth2-provider.js'
import { outage, PATIENCE_MS, reasonOf } from './failures.js'
import { traceCalls } from '../../tracing/calls.js'
import { memberOf, textOf } from '../../members.js'

interface Discovered {
  issuer: string
  endpoints: Pick<OAuth2Provider['config'], 'authorizationEndpoint' | 'tokenEndpoint' | 'userInfoEndpoint' | 'jwksURI' | 'codeChallengeMethodsSupported'>
}

async function readDiscovery (endpoint: string): Promise<Discovered> {
  const response = await traceCalls(fetch)(endpoint, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new Error(`Received response with status ${response.status}`)
  const document: unknown = await response.json()
  const [issuer, authorizationEndpoint, tokenEndpoint] = ['issuer', 'authorization_endpoint', 'token_endpoint'].map((key) => textOf(document, key))
  if (issuer === undefined || authorizationEndpoint === undefined || tokenEndpoint === undefined) throw new SyntaxError('not a discovery document')
  const userInfoEndpoint = textOf(document, 'userinfo_endpoint')
  const jwksURI = textOf(document, 'jwks_uri')
  const methods = memberOf(document, 'code_challenge_methods_supported')
  return {
    issuer,
    endpoints: {
      authorizationEndpoint,
      tokenEndpoint,
      ...(userInfoEndpoint !== undefined && { userInfoEndpoint }),
      ...(jwksURI !== undefined && { jwksURI }),
      ...(Array.isArray(methods) && { codeChallengeMethodsSupported: methods.filter((method) => typeof method === 'string') })
    }
  }
}

/**
 * Reads a provider's discovery document, once. The SDK's own reader would cache any 200 for the life of the process,
 * and its failures cannot be told apart from the Core's.
 */
export function createDiscovery (provider: string) {
  const known = new Map<string, Promise<Discovered>>()

  return async function discover (endpoint: string): Promise<Discovered> {
    const url = endpoint.includes('/.well-known/') ? endpoint : `${endpoint.replace(/\/+$/, '')}/.well-known/openid-configuration`
    const reading = known.get(url) ?? readDiscovery(url)
    known.set(url, reading)
    try {
      return await reading
    } catch (err) {
      known.delete(url)
      throw outage(provider, reasonOf(err))
    }
  }
}
