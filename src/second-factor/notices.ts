import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { defaultSpeaker } from '../language/of-request.js'
import type { DeliveredText } from '../language/sentences.js'
import type { Placeholder } from '../language/templates.js'
import { toE164 } from '../phone/number.js'
import { appOf } from '../supertokens/sdk.js'
import { readMetadata, updateMetadata, type Metadata } from './records.js'
import type { FailureEvents } from './tries.js'

interface FailureEventOptions extends NoticeOptions {
  /** Remembers the network for the first factor. Runs in the background. */
  remember (userId: string, userContext: UserContext): Promise<void>
}

export interface NoticeOptions {
  appName: string
  /** Whether accounts are phone numbers: then the notice is an SMS. */
  byPhone: boolean
}

/** A text whose only value is the app's name. */
type NoticeText = { [Text in DeliveredText]: Placeholder<Text> extends 'appName' ? Text : never }[DeliveredText]

interface Notice {
  /** For a mail. */
  subject: NoticeText
  body: NoticeText
}

/** Somebody with the password can cause one such message in thirty days (ASVS 6.3.5). */
const GUESSED: Notice = {
  subject: 'Wrong codes for your {appName} account',
  body: 'Somebody who knows your password has entered many wrong codes for your {appName} account. If it was not you, open {appName} and choose a new password.'
}

/**
 * Tells owners what somebody who has their password does. It has no link, so that nobody learns to follow links of such
 * messages. It is in the app's default language: a thief must not be able to choose one that the owner cannot read.
 */
export async function tellOwner ({ appName, byPhone }: NoticeOptions, userId: string, notice: Notice, userContext: UserContext): Promise<void> {
  const app = appOf(userContext)
  const login = (await getUser(userId, userContext))?.emails[0]
  // An account that waits for a number, or has lost it, has no owner to tell.
  const to = byPhone ? toE164(login ?? '') : login
  if (to === undefined) return
  const { say, language } = defaultSpeaker(userContext)
  const body = say(notice.body, { appName })
  await (byPhone ? app.twoFactor.sms.send({ to, body, language }) : app.twoFactor.mail.send({ to, subject: say(notice.subject, { appName }), body, language }))
}

const CHANGES = {
  added: {
    subject: 'A second factor was added to your {appName} account',
    body: 'Somebody has added a second factor to your {appName} account. If it was not you, open {appName}, choose a new password and remove it.'
  },
  removed: {
    subject: 'A second factor was removed from your {appName} account',
    body: 'Somebody has removed a second factor from your {appName} account. If it was not you, open {appName}, choose a new password and add it again.'
  },
  password: {
    subject: 'The password of your {appName} account was changed',
    body: 'Somebody has changed the password of your {appName} account. If it was not you, open {appName} and choose a new password.'
  }
} as const satisfies Record<string, Notice>

/** How long the owner is not told the same again, so that no account can have itself sent any number of messages. */
const QUIET_MS = { mail: 3_600_000, sms: 6 * 3_600_000 }

/**
 * What the metadata remembers of telling the owner now; undefined while it is too early to tell again.
 *
 * @param key of the user's metadata that says when the owner was last told
 */
export function noticeDue (key: string, { [key]: toldAt }: Metadata, { byPhone }: NoticeOptions): Metadata | undefined {
  const isQuiet = typeof toldAt === 'number' && Date.now() - toldAt < QUIET_MS[byPhone ? 'sms' : 'mail']
  return isQuiet ? undefined : { [key]: Date.now() }
}

/**
 * Tells owners that their factors have changed (NIST SP 800-63B 4.1.2.1, 4.6): a thief who has passed one may be adding
 * theirs. Runs in the background: the change is made, whether the message can be sent or not.
 */
export function tellOfChange (options: NoticeOptions, change: keyof typeof CHANGES, userId: string, userContext: UserContext): void {
  async function tell (): Promise<void> {
    const told = noticeDue(`fastify-2fa:told-${change}`, await readMetadata(userId, userContext), options)
    if (told === undefined) return
    await updateMetadata(userId, told, userContext)
    await tellOwner(options, userId, CHANGES[change], userContext)
  }
  appOf(userContext).twoFactor.deliverInBackground(tell())
}

/** What happens when a count of failures is full (an audit event, a notice to the owner), and where somebody passes. */
export function createFailureEvents ({ remember, ...options }: FailureEventOptions): FailureEvents {
  return {
    locked ({ userId, factor }, failures, userContext) {
      audit(userContext, { type: 'second-factor.locked', factor, userId, reason: `${failures} wrong codes` })
    },
    slowed ({ userId, factor }, userContext) {
      audit(userContext, { type: 'second-factor.slowed', factor, userId, reason: 'too many wrong codes in thirty days' })
      appOf(userContext).twoFactor.deliverInBackground(tellOwner(options, userId, GUESSED, userContext))
    },
    passedFromNetwork (userId, userContext) {
      appOf(userContext).twoFactor.deliverInBackground(remember(userId, userContext))
    }
  }
}
