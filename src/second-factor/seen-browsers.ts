import { toldKey } from './notice-texts.js'
import type { Metadata } from './records.js'

/**
 * Key of the user's metadata in the Core that lists the browsers in which the second factor was passed, the newest last. It
 * stands beside the enrolments, so reading it costs no further call.
 */
export const SEEN_BROWSERS = 'fastify-2fa:seen-browsers'

/** Families of browsers as their user agents say them, without versions: an update makes no new browser. */
export interface BrowserFamily {
  /** Such as `Firefox`; absent where it is none of those that are known by name. */
  browser?: string
  /** Such as `Windows`. */
  system?: string
}

const MOST = 8

const nameOf = ({ browser = '', system = '' }: BrowserFamily): string => `${browser}/${system}`

/** Undefined for an account whose browsers were never remembered. */
function seenIn ({ [SEEN_BROWSERS]: seen }: Metadata): string[] | undefined {
  return Array.isArray(seen) ? seen.filter((name) => typeof name === 'string') : undefined
}

/** Whether any browser was remembered, or forgotten again. */
export const hasSeenBrowsers = (metadata: Metadata): boolean => seenIn(metadata) !== undefined

export const isSeen = (metadata: Metadata, family: BrowserFamily): boolean => seenIn(metadata)?.includes(nameOf(family)) === true

/** What the metadata remembers with this browser among them. The oldest one makes room. */
export function withBrowser (metadata: Metadata, family: BrowserFamily): Metadata {
  return { [SEEN_BROWSERS]: [...seenIn(metadata) ?? [], nameOf(family)].slice(-MOST) }
}

/**
 * Forgets them, when what a thief may have done is undone: theirs may be among them. The owner is told of the next
 * sign-in then, whatever its browser.
 */
export function withoutBrowsers (metadata: Metadata): Metadata {
  return hasSeenBrowsers(metadata) ? { [SEEN_BROWSERS]: [], [toldKey('new-browser')]: null } : {}
}
