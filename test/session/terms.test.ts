import t from 'tap'
import { getCookieNameForTokenType } from '../../src/supertokens/sdk-internals.js'
import { readTerms } from '../../src/session/terms.js'
import { TRANSFER_METHODS } from '../../src/session/transfer-method.js'

interface Running {
  config?: object
  overrides?: Record<string, number>
  globalValidators?: { id: string }[]
  ofOtherRecipes?: object[]
  clonesBehave?: boolean
}

/** The session recipe as far as the rules are read off it. */
function read ({ config, overrides, globalValidators = [{ id: '2fa-completed' }], ofOtherRecipes = [], clonesBehave = true }: Running = {}) {
  const counts: Record<string, number> = { getSession: 1, getGlobalClaimValidators: 1, validateClaims: 1, ...overrides }
  return readTerms({
    config: { getTokenTransferMethod: TRANSFER_METHODS.any, getCookieNameForTokenType, antiCsrfFunctionOrString: 'NONE', ...config },
    recipeInterfaceImpl: { getGlobalClaimValidators: async () => globalValidators },
    getClaimValidatorsAddedByOtherRecipes: () => ofOtherRecipes
  } as never, (_recipe, name) => counts[name] ?? 0, async () => clonesBehave)
}

t.test('the rules are those of the running SDK', async (t) => {
  t.strictSame(await read(), { transferMethod: 'any', antiCsrf: 'NONE', claimsInToken: true, globalSecondFactor: true })
  t.match(await read({ globalValidators: [] }), { claimsInToken: true, globalSecondFactor: false })
  t.match(await read({ config: { getTokenTransferMethod: TRANSFER_METHODS.header, antiCsrfFunctionOrString: () => 'NONE' } }), { transferMethod: 'header', antiCsrf: 'BY_ORIGIN' })
})

t.test('where others have a say in claims, the SDK is asked', async (t) => {
  for (const running of [{ overrides: { getGlobalClaimValidators: 2 } }, { overrides: { validateClaims: 2 } }, { ofOtherRecipes: [{}] }]) {
    t.match(await read(running), { claimsInToken: false, globalSecondFactor: false })
  }
})

t.test('where others have a say in tokens, nothing is remembered', async (t) => {
  await t.rejects(read({ overrides: { getSession: 2 } }), /replaces getSession/)
  await t.rejects(read({ config: { getTokenTransferMethod: () => 'any' } }), /getTokenTransferMethod/)
  await t.rejects(read({ config: { getCookieNameForTokenType: () => 'sAccessToken' } }), /getCookieNameForTokenType/)
  await t.rejects(read({ clonesBehave: false }), /supertokens-node/)
})
