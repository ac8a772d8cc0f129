import type { RecipeInterface } from 'supertokens-node/recipe/session/types'

// One per process, as supertokens-node is: a second app uses the recipes that the first one started.
let own: RecipeInterface | undefined

/** Keeps the session recipe's own functions, below every override. */
export function keepOwnFunctions (original: RecipeInterface): void {
  own = original
}

/** The session recipe's own functions, for what no override may see or change. */
export function ownFunctions (): RecipeInterface {
  if (own === undefined) throw new Error('the session recipe has not started')
  return own
}
