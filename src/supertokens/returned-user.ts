import AccountLinking from 'supertokens-node/recipe/accountlinking'
import type { RecipeListFunction, User, UserContext } from 'supertokens-node/types'
import { beforeDeletion } from '../admin/host-deletion.js'
import { announceRevocation } from '../session/ended.js'
import { keepWithAnswers, keptWithAnswers } from './sdk-internals.js'

/**
 * The user that the Core has just returned in this request, with a right password for example. The SDK asks for the same
 * user several times more until there is a session. It lives as long as whatever else the SDK keeps of a request: until the
 * next call that may change something.
 */
interface Returned {
  user: User
  /** The login that the sign-in under way was looked up by, until the SDK has found it. */
  login?: { email: string, tenantId: string } | undefined
}

const KEY = Symbol('user that the Core has just returned')

/** Not for primary users: the SDK may change whom they are linked with, and what is verified, before it asks again. */
export function noteReturnedUser (user: User, userContext: UserContext, login?: Returned['login']): void {
  if (!user.isPrimaryUser) keepWithAnswers(userContext, KEY, { user, login } satisfies Returned)
}

/** That user, if it has this id; undefined if the Core has to be asked. */
export function returnedUser (id: string, userContext: UserContext): User | undefined {
  const { user } = keptWithAnswers<Returned>(userContext, KEY) ?? {}
  return user?.id === id || user?.loginMethods.some(({ recipeUserId }) => recipeUserId.getAsString() === id) === true ? user : undefined
}

/** From now on, all accounts with the login count again. */
export function forgetLogin (userContext: UserContext): void {
  const returned = keptWithAnswers<Returned>(userContext, KEY)
  if (returned !== undefined) returned.login = undefined
}

/**
 * Makes the SDK use that user, deletes with a person what the Core keeps of them elsewhere, and says that the sessions of a
 * deleted one have ended: the Core removes them, and their tokens would open everything until they expire. The recipe is one that the SDK starts in any case, and it stays without linking: hosts cannot
 * add it (`recipe-registry.ts`).
 */
export const useReturnedUser = (): RecipeListFunction => AccountLinking.init({
  override: {
    functions: (original) => ({
      ...original,
      async deleteUser (input) {
        const { userId, removeAllLinkedAccounts, userContext } = input
        const sweep = await beforeDeletion(userId, removeAllLinkedAccounts, userContext)
        const result = await original.deleteUser(input)
        await sweep()
        announceRevocation({ userId, reason: 'user-deleted' })
        return result
      },
      getUser: async (input) => returnedUser(input.userId, input.userContext) ?? await original.getUser(input),
      async listUsersByAccountInfo (input) {
        const { tenantId, accountInfo: { email, phoneNumber, thirdParty, webauthn }, userContext } = input
        const { user, login } = keptWithAnswers<Returned>(userContext, KEY) ?? {}
        const isAskedFor = (phoneNumber ?? thirdParty ?? webauthn) === undefined && email === login?.email && tenantId === login?.tenantId
        return user !== undefined && login !== undefined && isAskedFor ? [user] : await original.listUsersByAccountInfo(input)
      }
    })
  }
})
