import type { APIInterface } from 'supertokens-node/recipe/thirdparty/types'
import { BodyInvalid } from '../../errors.js'

/**
 * Apple posts to us and the SDK redirects to wherever `state` says. The state is the client's, so an unchecked one is an open
 * redirect that carries the authorisation code along.
 */
export function guardAppleCallback (websiteDomains: string[]) {
  return (original: APIInterface): APIInterface => ({
    ...original,
    async appleRedirectHandlerPOST (input) {
      const target = frontendRedirect(input.formPostInfoFromProvider.state)
      // A blob: URL has the origin of the page that made it.
      if (target === undefined || !/^https?:$/.test(target.protocol) || !websiteDomains.includes(target.origin)) {
        throw new BodyInvalid('state does not lead to a website of ours')
      }
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
