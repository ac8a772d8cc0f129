import type { UserContext } from 'supertokens-node/types'
import { appOf } from '../../../supertokens/sdk.js'
import { tellOwner, type NoticeOptions } from '../../notices.js'
import type { Metadata } from '../../records.js'

/** Key of the user's metadata that says when the owner was last told. */
const TOLD = 'fastify-2fa:recovery-code-told'

/**
 * How long the owner is not told again. Whoever has codes can make new ones: without it, an account could have its own
 * number or address sent any number of messages.
 */
const QUIET_MS = { mail: 3_600_000, sms: 6 * 3_600_000 }

/** Whether the owner is to be told now, and what the metadata remembers of it. */
export function noticeDue ({ [TOLD]: toldAt }: Metadata, { byPhone }: NoticeOptions): Metadata | undefined {
  const isQuiet = typeof toldAt === 'number' && Date.now() - toldAt < QUIET_MS[byPhone ? 'sms' : 'mail']
  return isQuiet ? undefined : { [TOLD]: Date.now() }
}

/** Tells the owner that a code was used (NIST SP 800-63B 4.2.3). It may have been a thief who found them. */
export function tellOfUse (options: NoticeOptions, userId: string, userContext: UserContext): void {
  appOf(userContext).twoFactor.deliverInBackground(tellOwner(options, userId, {
    subject: 'A recovery code of your {appName} account was used',
    body: 'Somebody has signed in to your {appName} account with a recovery code. If it was not you, open {appName}, choose a new password and make new recovery codes.'
  }, userContext))
}
