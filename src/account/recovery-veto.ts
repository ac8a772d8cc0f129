import { getUser } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import type { UserContext } from 'supertokens-node/types'
import { newMark } from './core-client.js'
import { PASSWORD_CHANGE_REQUIRED } from './forced-password-change.js'
import { linksIn } from './links.js'
import type { AccountRecovery } from './recovery.js'
import { endedBy, recoveryIn } from './recovery-record.js'
import type { VetoLink } from './recovery-notices.js'
import { readMetadata, updateMetadata, type Metadata } from '../second-factor/records.js'
import { CREDENTIAL_CHANGED } from '../session/epoch.js'
import { appOf } from '../supertokens/sdk.js'

const PURPOSE = 'veto-recovery'
/** One for each day of the longest recovery (30 days of waiting, and 7), and some to spare. */
const MOST_LINKS = 40

/**
 * Keys of links that make room for a new one: those of recoveries that are over, and the oldest ones of this. A thief who
 * starts one recovery after the other, or a provider that takes no message for days, must not leave the owner untold.
 */
function supersededIn (metadata: Metadata, recoveryId: string): string[] {
  const links = linksIn(metadata).filter(({ purpose }) => purpose === PURPOSE)
  const own = links.filter(({ data, doneAt }) => doneAt === undefined && data.recovery === recoveryId)
  const kept = own.slice(1 - MOST_LINKS)
  return links.filter((link) => !kept.includes(link)).map(({ key }) => key)
}

/** Makes a link by which the owner stops a recovery, without signing in: it works as long as the recovery can be finished. */
export const vetoLink: VetoLink = async (userId, recoveryId, userContext) => {
  const metadata = await readMetadata(userId, userContext)
  const lifetime = Math.ceil(((recoveryIn(metadata)?.lapsesAt ?? Date.now()) - Date.now()) / 1000)
  const superseded = supersededIn(metadata, recoveryId)
  const rest = Object.fromEntries(Object.entries(metadata).filter(([key]) => !superseded.includes(key)))
  const { url, record } = appOf(userContext).twoFactor.contests.make({ purpose: PURPOSE, userId, data: { recovery: recoveryId } }, rest, lifetime)
  await updateMetadata(userId, { ...Object.fromEntries(superseded.map((key) => [key, null])), ...record }, userContext)
  return url
}

async function hasPassword (userId: string, userContext: UserContext): Promise<boolean> {
  return (await getUser(userId, userContext))?.loginMethods.some(({ recipeId }) => recipeId === 'emailpassword') === true
}

interface VetoOptions {
  recovery: Pick<AccountRecovery, 'vetoed'>
  /** Whether people can choose a new password by a link. */
  passwordReset: boolean
}

/**
 * What the link does. Whoever started the recovery has the password, so it signs nobody in any more, and every session ends.
 * Without that the thief would come back when the pause is over.
 */
export function vetoContest ({ recovery, passwordReset }: VetoOptions) {
  return {
    purpose: PURPOSE,
    most: MOST_LINKS,
    question: passwordReset
      ? 'Somebody has started to recover your account. If it is not you, stop it here. Every device is signed out then, and you choose a new password before you sign in again.'
      : 'Somebody has started to recover your account. If it is not you, stop it here. Every device is signed out then.',
    button: 'Stop the recovery',
    done: 'The recovery is stopped. Your second factor stays as it is.',

    async act ({ userId, data, metadata }: { userId: string, data: Readonly<Record<string, string>>, metadata: Record<string, unknown> }, userContext: UserContext): Promise<'This recovery is over already. If you did not finish it yourself, contact support at once.' | undefined> {
      if (recoveryIn(metadata)?.id !== data.recovery) return 'This recovery is over already. If you did not finish it yourself, contact support at once.'
      await updateMetadata(userId, {
        ...endedBy('veto', metadata),
        [CREDENTIAL_CHANGED]: newMark(),
        ...(passwordReset && await hasPassword(userId, userContext) && { [PASSWORD_CHANGE_REQUIRED]: Date.now() })
      }, userContext)
      await Session.revokeAllSessionsForUser(userId, true, undefined, userContext)
      await recovery.vetoed(userId, userContext)
      return undefined
    }
  } as const
}
