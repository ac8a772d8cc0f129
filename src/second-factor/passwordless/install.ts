import type { FastifyInstance } from 'fastify'
import { getUser } from 'supertokens-node'
import type { RecipeInterface as SessionFunctions } from 'supertokens-node/recipe/session/types'
import type { AllRecipeConfigs } from 'supertokens-node/types'
import { FirstFactorOnly } from '../../errors.js'
import type { SecondFactorLogin } from '../factor.js'
import { codeApis } from './apis.js'
import { isCodeFactor, PASSWORDLESS, type CodeFactor } from './types.js'

const CONTACT_METHODS = { phoneNumber: 'PHONE', email: 'EMAIL' } as const

/** The settings of the recipe for all factors that it makes codes for. */
function recipeFor (factors: readonly [CodeFactor, ...CodeFactor[]]): AllRecipeConfigs['passwordless'] {
  const parts = factors.map((factor) => factor[PASSWORDLESS])
  // One that is not on stays off: the SDK refuses its addresses.
  const contactMethod = parts.length > 1 ? 'EMAIL_OR_PHONE' : CONTACT_METHODS[factors[0][PASSWORDLESS].contact]
  // For the SDK's own APIs, which nothing reaches: each factor says how its codes are entered.
  return Object.assign({ contactMethod, flowType: 'USER_INPUT_CODE' }, ...parts.map(({ recipe }) => recipe)) as AllRecipeConfigs['passwordless']
}

/** Refuses a session for a user of a phone or a mailbox, whichever API asks for it: a code alone is a single factor. */
function refuseSessionsByCodeAlone (original: SessionFunctions): SessionFunctions {
  return {
    ...original,
    async createNewSession (input) {
      const recipeUserId = input.recipeUserId.getAsString()
      const user = await getUser(recipeUserId, input.userContext)
      const method = user?.loginMethods.find((login) => login.recipeUserId.getAsString() === recipeUserId)
      if (method?.recipeId === 'passwordless') throw new FirstFactorOnly()
      return await original.createNewSession(input)
    }
  }
}

/** Starts the recipe once, for all of its factors: the first one's `install` does it. */
export function installPasswordless (factor: CodeFactor, app: FastifyInstance, login: SecondFactorLogin, { existenceChecks }: { existenceChecks: boolean }): void {
  const { recipes, secondFactor: { factors, requests } } = app.twoFactor
  const [first, ...others] = factors.filter(isCodeFactor)
  if (first === undefined || first.id !== factor.id) return
  recipes.add('passwordless', recipeFor([first, ...others]))
  recipes.override('passwordless', { apis: codeApis({ factors: [first, ...others], login, requests, existenceChecks }) })
  recipes.override('session', { functions: refuseSessionsByCodeAlone })
}
