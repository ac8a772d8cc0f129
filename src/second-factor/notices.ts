import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { openLinksIn } from '../account/links.js'
import { audit } from '../audit/audit.js'
import { defaultSpeaker } from '../language/of-request.js'
import type { Speaker } from '../language/languages.js'
import { utcTime } from '../language/utc-time.js'
import { addressOf } from '../limits/network.js'
import { toE164 } from '../phone/number.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { NOTICES, toldKey, type Notice, type NoticeName } from './notice-texts.js'
import { placeFor, type PlaceOf } from './place.js'
import { readMetadata, updateMetadata, type Metadata } from './records.js'
import type { BrowserFamily } from './seen-browsers.js'
import type { FailureEvents } from './tries.js'

interface FailureEventOptions extends NoticeOptions {
  /** Remembers the network for the first factor. Runs in the background. */
  remember (userId: string, userContext: UserContext): Promise<void>
}

export interface NoticeOptions {
  appName: string
  /** Whether accounts are phone numbers: then the notice is an SMS. */
  byPhone: boolean
  off: readonly Notice[]
  /** Whether owners are told of new browsers. */
  newBrowsers: boolean
  placeOf: PlaceOf | undefined
  /** Hours that a link which undoes something works. */
  hours: number
}

/** What {@link NoticeOptions} are made of: options with their defaults filled in. */
export interface ResolvedForNotices {
  appInfo: { appName: string }
  firstFactor: 'email-password' | 'phone-password'
  noticesOff: readonly NoticeName[]
  newBrowserNotices: boolean
  placeOf: PlaceOf | undefined
  /** Seconds. */
  contestPeriod: number
}

export const noticeOptions = ({ appInfo: { appName }, firstFactor, noticesOff, newBrowserNotices, placeOf, contestPeriod }: ResolvedForNotices): NoticeOptions =>
  ({ appName, byPhone: firstFactor === 'phone-password', off: noticesOff, newBrowsers: newBrowserNotices, placeOf, hours: Math.floor(contestPeriod / 3600) })

/** Where the owner of an account was reached before a change. */
export interface Contacts {
  phone?: string | undefined
  email?: string | undefined
}

/** A link that undoes what the owner is told of. */
export interface UndoLink {
  url: string
  purpose: string
  /** Key of its record. */
  key: string
  /** The user's metadata, with the link in it. */
  metadata: Metadata
}

export interface Told {
  undo?: UndoLink | undefined
  /** Who is told beside whom the account names now. */
  also?: Contacts
  /** Where it was done, if the owner is told that. */
  browser?: BrowserFamily
}

interface Receiver {
  channel: 'mail' | 'sms'
  to: string
  /** Whether the message has the link. */
  hasLink: boolean
}

const receiversIn = ({ phone, email }: Contacts, hasLink: boolean): Receiver[] => [
  ...(email === undefined ? [] : [{ channel: 'mail' as const, to: email, hasLink }]),
  ...(phone === undefined ? [] : [{ channel: 'sms' as const, to: phone, hasLink }])
]

/**
 * Who is told of something. While a change can be undone, so are those who were reached before it: the present ones may be
 * the thief's. They have a link of the same purpose already, which undoes more, so they get no other one.
 */
function receiversOf (login: Contacts, { byPhone }: NoticeOptions, { undo, also = {} }: Told): Receiver[] {
  const open = undo === undefined ? [] : openLinksIn(undo.metadata)
  const all = [
    // With phone + password, the link names the number from before.
    ...(byPhone && undo !== undefined ? [] : receiversIn(login, true)),
    ...receiversIn(also, true),
    ...open.toReversed().flatMap(({ purpose, key, data }) => receiversIn(data, purpose !== undo?.purpose || key === undo.key))
  ]
  return all.filter(({ channel, to }, index) => all.findIndex((one) => one.channel === channel && one.to === to) === index)
}

/** It says only what it called itself: anybody can send any user agent. */
function browserLine ({ say }: Speaker, { browser, system }: BrowserFamily): string {
  if (browser === undefined) return say('It did not say which browser it was.', {})
  return system === undefined ? say('The browser called itself {browser}.', { browser }) : say('The browser called itself {browser} on {system}.', { browser, system })
}

interface Details extends Pick<Told, 'undo' | 'browser'> {
  place: string | undefined
  at: number
  hasLink: boolean
}

function bodyOf (speaker: Speaker, { appName, hours }: NoticeOptions, name: Notice, { place, at, undo, browser, hasLink }: Details): string {
  const { say, language } = speaker
  const time = utcTime(at, language)
  return [
    say(NOTICES[name].body, { appName }),
    place === undefined ? say('It was on {time} UTC.', { time }) : say('It was on {time} UTC, from near {place}.', { time, place }),
    ...(browser === undefined ? [] : [browserLine(speaker, browser)]),
    ...(undo === undefined
      ? []
      : [hasLink
          ? say('This link undoes it and what was changed since, for {hours} hours: {link}', { hours, link: undo.url })
          : say('To undo it, use the link of the first message about a change that was not yours.', {})])
  ].join('\n\n')
}

/**
 * Tells owners what somebody who has their password does. A link is in it only where something can be undone, so that
 * nobody learns to follow links of such messages. It is in the app's default language: a thief must not be able to choose
 * one that the owner cannot read.
 */
export async function tellOwner (options: NoticeOptions, userId: string, name: Notice, userContext: UserContext, told: Told = {}): Promise<void> {
  if (options.off.includes(name)) return
  const app = appOf(userContext)
  const request = requestOf(userContext)
  // Read now: the client may be gone in a moment.
  const [at, address] = [Date.now(), addressOf(request?.ip)]
  const login = (await getUser(userId, userContext))?.emails[0]
  // An account that waits for a number, or has lost it, has no owner to tell.
  const receivers = receiversOf(options.byPhone ? { phone: toE164(login ?? '') } : { email: login }, options, told)
  const place = options.placeOf === undefined || address === undefined ? undefined : await placeFor(options.placeOf, address, request, app.log)
  const speaker = defaultSpeaker(userContext)
  for (const { channel, to, hasLink } of receivers) {
    const message = {
      to,
      body: bodyOf(speaker, options, name, { ...told, place, at, hasLink }),
      language: speaker.language
    }
    const link = hasLink && told.undo !== undefined ? { link: told.undo.url } : {}
    // One that cannot be reached must not keep the others from it.
    // SuperTokens' relay would call the link of a text message one to sign in with. Other senders have it in the text.
    app.twoFactor.deliverInBackground(channel === 'sms'
      ? app.twoFactor.limits?.spend?.paying(to, true, () => app.twoFactor.sms.send(message)) ?? app.twoFactor.sms.send(message)
      : app.twoFactor.mail.send({ ...message, ...link, subject: speaker.say(NOTICES[name].subject, { appName: options.appName }) }))
  }
}

/** How long the owner is not told the same again, so that no account can have itself sent any number of messages. */
const QUIET_MS = { mail: 3_600_000, sms: 6 * 3_600_000 }

/** What the metadata remembers of telling the owner now; undefined while it is too early to tell again. */
export function noticeDue (name: Notice, { [toldKey(name)]: toldAt }: Metadata, { byPhone }: NoticeOptions): Metadata | undefined {
  const isQuiet = typeof toldAt === 'number' && Date.now() - toldAt < QUIET_MS[byPhone ? 'sms' : 'mail']
  return isQuiet ? undefined : { [toldKey(name)]: Date.now() }
}

/**
 * Tells owners of what has happened to their account (NIST SP 800-63B 4.6): a thief may have done it. Runs in the
 * background: it has happened, whether the message can be sent or not.
 *
 * With a link that undoes it they are always told, since how many links there can be is limited. Without one they are not
 * told the same again for some time.
 */
export function tellOfChange (options: NoticeOptions, name: NoticeName, userId: string, userContext: UserContext, told: Told = {}): void {
  async function tell (): Promise<void> {
    if (told.undo === undefined) {
      const due = noticeDue(name, await readMetadata(userId, userContext), options)
      if (due === undefined) return
      await updateMetadata(userId, due, userContext)
    }
    await tellOwner(options, userId, name, userContext, told)
  }
  if (!options.off.includes(name)) appOf(userContext).twoFactor.deliverInBackground(tell())
}

/** What happens when a count of failures is full (an audit event, a notice to the owner), and where somebody passes. */
export function createFailureEvents ({ remember, ...options }: FailureEventOptions): FailureEvents {
  return {
    locked ({ userId, factor }, failures, userContext) {
      audit(userContext, { type: 'second-factor.locked', factor, userId, reason: `${failures} wrong codes` })
      tellOfChange(options, 'locked', userId, userContext)
    },
    slowed ({ userId, factor }, userContext) {
      audit(userContext, { type: 'second-factor.slowed', factor, userId, reason: 'too many wrong codes in thirty days' })
      appOf(userContext).twoFactor.deliverInBackground(tellOwner(options, userId, 'wrong-codes', userContext))
    },
    passedFromNetwork (userId, userContext) {
      appOf(userContext).twoFactor.deliverInBackground(remember(userId, userContext))
    }
  }
}
