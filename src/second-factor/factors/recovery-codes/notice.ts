import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../../../supertokens/sdk.js'
import { tellOwner, type NoticeOptions } from '../../notices.js'

/** Key of the user's metadata that says when the owner was last told. */
export const TOLD = 'fastify-2fa:recovery-code-told'

/** Tells the owner that a code was used (NIST SP 800-63B 4.2.3). It may have been a thief who found them. */
export function tellOfUse (options: NoticeOptions, userId: string, userContext: UserContext): void {
  appOf(userContext).twoFactor.deliverInBackground(tellOwner(options, userId, {
    subject: 'A recovery code of your {appName} account was used',
    body: 'Somebody has signed in to your {appName} account with a recovery code. If it was not you, open {appName}, choose a new password and make new recovery codes.'
  }, userContext))
}
