import { checkLengths, CORE_WIDTHS } from '../lengths.js'
import type { RecipeOverride } from '../supertokens/recipe-registry.js'

const { account, thirdPartyId, role, userId } = CORE_WIDTHS

export const storablePasswordAccounts: RecipeOverride<'emailpassword'> = {
  functions: (original) => checkLengths(original, {
    signUp: { email: account },
    signIn: { email: account },
    createNewRecipeUser: { email: account },
    verifyCredentials: { email: account },
    createResetPasswordToken: { email: account },
    updateEmailOrPassword: { email: account }
  })
}

export const storableSocialAccounts: RecipeOverride<'thirdparty'> = {
  functions: (original) => checkLengths(original, {
    signInUp: { thirdPartyId, thirdPartyUserId: account, email: account },
    manuallyCreateOrUpdateUser: { thirdPartyId, thirdPartyUserId: account, email: account }
  })
}

export const storableRoles: RecipeOverride<'userroles'> = {
  functions: (original) => checkLengths(original, {
    createNewRoleOrAddPermissions: { role, permissions: role },
    addRoleToUser: { role, userId }
  })
}
