import { getUser } from 'supertokens-node'
import type { LoginMethod } from 'supertokens-node/lib/build/user.js'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { NoPassword } from '../errors.js'
import { wasFoundWrong } from '../first-factor/checked-password.js'
import { networksOfRequest } from '../limits/network.js'
import type { SecondFactorLogin } from '../second-factor/factor.js'
import type { FactorCall } from '../second-factor/requests.js'
import { sessionEnded } from '../session/ended.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { markUrgent } from '../supertokens/urgency.js'

/** The password account of a session's user. `email` is its login: an address or a number. */
export type PasswordAccount = LoginMethod & { email: string }

/**
 * Requires a session that could open guarded routes, and in it a passed second factor wherever the user has one, also where
 * an app does not ask for it globally. It must not have ended.
 *
 * @throws the SDK's 401, and its 403 with the claims that are missing
 */
export async function requireSignedIn (login: SecondFactorLogin, call: FactorCall): Promise<SessionContainerInterface> {
  await Session.getSession(call.options.req, call.options.res, undefined, call.userContext)
  return (await login.requireOwner(call)).session
}

/** @throws AUTH_NO_PASSWORD for accounts that sign in with something else only */
export async function passwordAccountOf (session: SessionContainerInterface, userContext: UserContext): Promise<PasswordAccount> {
  const user = await getUser(session.getUserId(), userContext)
  if (user === undefined) throw sessionEnded()
  const account = user.loginMethods.find(({ recipeId, email }) => recipeId === 'emailpassword' && email !== undefined)
  if (account === undefined) throw new NoPassword()
  return account as PasswordAccount
}

/**
 * Whether this is the account's password. Counted as a sign-in with it: whoever has a session of somebody else gets no
 * further guesses by it, and makes its owner wait no longer than anybody could.
 *
 * @throws AUTH_LIMIT_REACHED
 */
export async function isPasswordOf ({ email }: PasswordAccount, password: string, session: SessionContainerInterface, userContext: UserContext): Promise<boolean> {
  const { limits } = appOf(userContext).twoFactor
  // Strangers who keep the Core busy with passwords must not stop whoever has signed in.
  markUrgent(requestOf(userContext))
  const ask = () => EmailPassword.verifyCredentials(session.getTenantId(), email, password, userContext)
  const { status } = await (limits?.signIn === undefined
    ? ask()
    : limits.signIn.attempt({ account: limits.accountOf(email), networks: networksOfRequest(userContext), foundWrong: () => wasFoundWrong(userContext) }, ask))
  return status === 'OK'
}

/** Makes all open links that reset an account's password useless: the Core drops them all when one is used. */
export async function endResetLinks ({ recipeUserId }: PasswordAccount, email: string, tenantId: string, userContext: UserContext): Promise<void> {
  const made = await EmailPassword.createResetPasswordToken(tenantId, recipeUserId.getAsString(), email, userContext)
  if (made.status === 'OK') await EmailPassword.consumePasswordResetToken(tenantId, made.token, userContext)
}

export const WRONG_PASSWORD = { status: 'WRONG_CREDENTIALS_ERROR', message: 'This is not your password. Please try again.' } as const

/** The Frontend Driver Interface's answer that pages show beside a field. */
export const fieldError = (id: string, error: string) => ({ status: 'FIELD_ERROR' as const, formFields: [{ id, error }] })
