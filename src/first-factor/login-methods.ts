import type { RecipeOverride } from '../supertokens/recipe-registry.js'

const isFirst = (factor: string): boolean => factor === 'emailpassword' || factor === 'thirdparty'

/**
 * What sign-in pages with `usesDynamicLoginMethods` offer. The SDK lists every recipe that could sign somebody in, and so
 * the second factor, which opens nothing by itself.
 */
export const offerFirstFactors: RecipeOverride<'multitenancy'> = {
  apis: (original) => ({
    ...original,
    async loginMethodsGET (input) {
      const answer = await original.loginMethodsGET!(input)
      if (answer.status !== 'OK') return answer
      return { ...answer, passwordless: { enabled: false }, webauthn: { enabled: false }, firstFactors: answer.firstFactors.filter(isFirst) }
    }
  })
}
