import type { APIInterface } from 'supertokens-node/recipe/thirdparty/types'
import { BodyInvalid } from '../../errors.js'

/**
 * Apple posts to this endpoint, and the SDK then redirects to the URL in `state`. The client chooses `state`, so
 * without a check this is an open redirect that leaks the authorisation code.
 */
export function guardAppleCallback (websiteDomains: string[]) {
  return (original: APIInterface): APIInterface => ({
    ...original,
    async appleRedirectHandlerPOST (input) {
      const target = frontendRedirect(input.formPostInfoFromProvider.state)
      // A blob: URL has the origin of the page that created it.
      if (target === undefined || !/^https?:$/.test(target.protocol) || !websiteDomains.includes(target.origin)) {
        throw new BodyInvalid('state does not lead to a configured website')
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
