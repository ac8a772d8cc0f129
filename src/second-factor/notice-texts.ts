import type { DeliveredText } from '../language/sentences.js'
import type { Placeholder } from '../language/templates.js'

/** A text whose only value is the app's name. */
type NoticeText = { [Text in DeliveredText]: Placeholder<Text> extends 'appName' ? Text : never }[DeliveredText]

export interface NoticeTexts {
  /** For a mail. */
  subject: NoticeText
  body: NoticeText
}

/** What owners are told of, by name. */
export const NOTICES = {
  // Somebody with the password can cause one such message in thirty days (ASVS 6.3.5).
  'wrong-codes': {
    subject: 'Wrong codes for your {appName} account',
    body: 'Somebody who knows your password has entered many wrong codes for your {appName} account. If it was not you, open {appName} and choose a new password.'
  },
  locked: {
    subject: 'The second factor of your {appName} account is locked',
    body: 'The second factor of your {appName} account is locked, since somebody who knows your password has entered too many wrong codes. Support can unlock it. If it was not you, choose a new password.'
  },
  'factor-added': {
    subject: 'A second factor was added to your {appName} account',
    body: 'Somebody has added a second factor to your {appName} account. If it was not you, open {appName}, choose a new password and remove it.'
  },
  'factor-removed': {
    subject: 'A second factor was removed from your {appName} account',
    body: 'Somebody has removed a second factor from your {appName} account. If it was not you, open {appName}, choose a new password and add it again.'
  },
  'phone-changed': {
    subject: 'The phone number of your {appName} account was changed',
    body: 'Somebody has changed the phone number that codes for your {appName} account go to. If it was not you, undo the change, then choose a new password.'
  },
  'email-factor-changed': {
    subject: 'The address for codes of your {appName} account was changed',
    body: 'Somebody has changed the address that codes for your {appName} account go to. If it was not you, undo the change, then choose a new password.'
  },
  'recovery-code-used': {
    subject: 'A recovery code of your {appName} account was used',
    body: 'Somebody has signed in to your {appName} account with a recovery code. If it was not you, open {appName}, choose a new password and make new recovery codes.'
  },
  'recovery-codes-made': {
    subject: 'New recovery codes for your {appName} account',
    body: 'Somebody has made new recovery codes for your {appName} account, and the old ones do not work any more. If it was not you, open {appName}, choose a new password and make new recovery codes.'
  },
  'password-reset': {
    subject: 'The password of your {appName} account was reset',
    body: 'Somebody has chosen a new password for your {appName} account with a link that was sent to you. If it was not you, open {appName} and choose a new password at once.'
  },
  'password-changed': {
    subject: 'The password of your {appName} account was changed',
    body: 'Somebody has changed the password of your {appName} account. If it was not you, open {appName} and choose a new password.'
  },
  'change-undone': {
    subject: 'A change of your {appName} account was undone',
    body: 'Somebody has used a link to undo a change of the second factors of your {appName} account, and everybody was signed out. If it was not you, sign in, choose a new password and look at your second factors.'
  },
  'new-browser': {
    subject: 'Your {appName} account was used in a new browser',
    body: 'Somebody has signed in to your {appName} account, with your second factor, in a browser that it was not used in lately. If it was not you, open {appName}, look at your sessions, end those that are not yours, and choose a new password.'
  }
} as const satisfies Record<string, NoticeTexts>

/** A notice, also the one that is off unless `newBrowserNotices` switches it on. */
export type Notice = keyof typeof NOTICES
/** What `noticesOff` switches off. */
export type NoticeName = Exclude<Notice, 'new-browser'>
export const NOTICE_NAMES = Object.keys(NOTICES).filter((name): name is NoticeName => name !== 'new-browser')

/** Key of the user's metadata that says when the owner was last told. */
export const toldKey = (name: Notice): string => `fastify-2fa:told-${name}`

/** What is wrong with the option `noticesOff`; undefined if nothing is. A thief counts on owners who are told of nothing. */
export function noticesProblem (off: unknown): string | undefined {
  if (off === undefined) return undefined
  const names: readonly unknown[] = NOTICE_NAMES
  if (!Array.isArray(off) || !off.every((name) => names.includes(name))) return `noticesOff must be a list of names: ${NOTICE_NAMES.join(', ')}`
  return new Set(off).size === names.length ? 'noticesOff must leave some notices on' : undefined
}
