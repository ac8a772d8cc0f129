import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { EmailTaken } from '../errors.js'
import { findPasswordAccount } from '../first-factor/password-account.js'
import { freedName } from '../second-factor/factors/sms/placeholder.js'
import { updateMetadata } from '../second-factor/records.js'
import { appOf } from '../supertokens/sdk.js'
import type { Contest } from './contests.js'
import { endResetLinks, type PasswordAccount } from './own-account.js'
import { PASSWORD_CHANGE_REQUIRED } from './forced-password-change.js'
import { UNDO_EMAIL_CHANGE } from './mailbox-contest.js'
import { PENDING_EMAIL } from './pending-email.js'
import { endedBy, recoveryIn } from './recovery-record.js'

/**
 * Takes the address from an account that somebody has signed up with it since: whoever changed the address would keep its
 * owner from getting it back. The link came to the mailbox, so only an account that has verified the address may keep it.
 */
async function makeRoom (email: string, { recipeUserId, tenantIds }: PasswordAccount, userContext: UserContext): Promise<void> {
  for (const tenantId of tenantIds) {
    const holder = await findPasswordAccount(email, tenantId, userContext)
    if (holder === undefined || holder.recipeUserId.getAsString() === recipeUserId.getAsString()) continue
    if (holder.verified) throw new EmailTaken()
    await EmailPassword.updateEmailOrPassword({ recipeUserId: holder.recipeUserId, email: freedName(), userContext })
    await Session.revokeAllSessionsForUser(holder.recipeUserId.getAsString(), true, undefined, userContext)
  }
}

/**
 * The link at the old address. Whoever has that mailbox gets the account's address back, whoever has changed it. Who had the
 * account may know its password, or have chosen one by a link to the new address: it signs nobody in any more. And the new
 * mailbox recovers nothing.
 *
 * @param passwordReset whether people can choose a new password by a link
 */
export const emailUndo = (passwordReset: boolean): Contest => ({
  purpose: UNDO_EMAIL_CHANGE,
  question: 'The e-mail address of your account was changed. If it was not you, get your old address back here. All sessions of the account will end.',
  button: 'Get my old address back',
  done: 'Your account has its old address again, and all its sessions have ended. Please choose a new password now.',
  async act ({ userId, data: { email }, metadata }, userContext) {
    const user = await getUser(userId, userContext)
    const account = user?.loginMethods.find((method) => method.recipeId === 'emailpassword' && method.email !== undefined) as PasswordAccount | undefined
    if (account === undefined || email === undefined) return undefined
    await makeRoom(email, account, userContext)
    const { status } = await EmailPassword.updateEmailOrPassword({ recipeUserId: account.recipeUserId, email, userContext })
    if (status === 'EMAIL_ALREADY_EXISTS_ERROR') throw new EmailTaken()
    const isRecovering = recoveryIn(metadata) !== undefined
    await updateMetadata(userId, {
      [PENDING_EMAIL]: null,
      ...(isRecovering && endedBy('veto', metadata)),
      ...(passwordReset && { [PASSWORD_CHANGE_REQUIRED]: Date.now() })
    }, userContext)
    // Whoever had the account has them in their mailbox.
    await endResetLinks(account, email, account.tenantIds[0] ?? 'public', userContext)
    await Session.revokeAllSessionsForUser(userId, true, undefined, userContext)
    if (isRecovering) await appOf(userContext).twoFactor.recovery?.vetoed(userId, userContext)
    return undefined
  }
})
