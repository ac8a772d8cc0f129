import type { UserContext } from 'supertokens-node/types'
import type { OldChannels, OperatorNotice } from './agenda.js'
import { tellEverywhere, type Announcement } from './everywhere.js'
import { recoveryIn } from './recovery-record.js'
import { readMetadata } from '../second-factor/records.js'

/** Makes the link by which the owner stops a recovery. */
export type VetoLink = (userId: string, recoveryId: string, userContext: UserContext) => Promise<string>

type Text = Omit<Announcement, 'values' | 'link'>

const UNDER_WAY: Text = {
  subject: 'Your {appName} account is being recovered',
  body: 'Somebody who knows your password and reads your mail has started to recover your {appName} account, and can replace its second factor from {time} on. If it is not you, stop it here: {link} Then choose a new password.'
}

const STOPPED: Text = {
  subject: 'The recovery of your {appName} account was stopped',
  body: 'The recovery of your {appName} account was stopped. Its second factor stays as it is. If you did not start the recovery yourself, choose a new password.'
}

const COMPLETED: Text = {
  subject: 'The second factor of your {appName} account was replaced',
  body: 'The second factor of your {appName} account was replaced after a recovery, and the former one works no more. If it was not you, contact support at once.'
}

const BY_OPERATOR: Record<OperatorNotice, Text> = {
  'factor-reset': {
    subject: 'A second factor was removed from your {appName} account',
    body: 'Support has removed a second factor from your {appName} account. If you did not ask for it, contact support at once.'
  },
  'factor-and-password-reset': {
    subject: 'A second factor was removed from your {appName} account',
    body: 'Support has removed the second factor from your {appName} account. Choose a new password where you sign in, then set up a second factor again. If you did not ask for it, contact support at once.'
  },
  'password-change-required': {
    subject: 'Choose a new password for {appName}',
    body: 'Support asks you to choose a new password for {appName}. The present one does not sign you in any more: ask for a link where you sign in.'
  },
  'recovery-stopped': STOPPED
}

/** In UTC, which everybody can convert: nobody knows where the owner is. */
const inUtc = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Tells owners of recoveries, and of what operators do, on every channel that is known. */
export function createRecoveryNotices ({ appName, vetoLink }: { appName: string, vetoLink: VetoLink }) {
  return {
    /** Tells of the recovery that is under way, with a link that stops it. */
    async underWay (userId: string, userContext: UserContext): Promise<void> {
      const recovery = recoveryIn(await readMetadata(userId, userContext))
      if (recovery === undefined) return
      await tellEverywhere(userId, { ...UNDER_WAY, values: { appName, time: inUtc(recovery.readyAt) }, link: await vetoLink(userId, recovery.id, userContext) }, userContext)
    },

    async stopped (userId: string, userContext: UserContext): Promise<void> {
      await tellEverywhere(userId, { ...STOPPED, values: { appName } }, userContext)
    },

    /** @param before the channels of what was enrolled, which are the owner's if the recovery was not */
    async completed (userId: string, before: OldChannels, userContext: UserContext): Promise<void> {
      await tellEverywhere(userId, { ...COMPLETED, values: { appName } }, userContext, before)
    },

    async byOperator (notice: OperatorNotice, userId: string, channels: OldChannels, userContext: UserContext): Promise<void> {
      await tellEverywhere(userId, { ...BY_OPERATOR[notice], values: { appName } }, userContext, channels)
    }
  }
}

export type RecoveryNotices = ReturnType<typeof createRecoveryNotices>
