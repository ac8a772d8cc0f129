import Bowser from 'bowser'
import type { UserContext } from 'supertokens-node/types'
import { requestOf } from '../supertokens/sdk.js'
import type { BrowserFamily } from '../second-factor/seen-browsers.js'
import type { OwnKey, SessionData } from './own-data.js'

/** Key of the session's data: where and when its user signed in. It comes along when the session is replaced. */
const KEY = 'fastify-2fa:sign-in' satisfies OwnKey

export interface SignInRecord {
  /** Milliseconds since 1970. */
  at: number
  /** Such as `Firefox`; absent where the client does not say. */
  browser?: string
  /** Such as `Windows`. */
  system?: string
}

/** Longer ones are cut: clients choose this text. */
const LONGEST_USER_AGENT = 512
/** What a page can show as it is: no markup, no control characters, nothing that turns text around. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._+/()-]{0,63}$/u

const named = (key: 'browser' | 'system', name: string | undefined) => name !== undefined && NAME.test(name) ? { [key]: name } : {}

/** The browser and the system of a user agent. Only a hint for people: anyone can send any. */
export function deviceOf (userAgent: string | undefined): Pick<SignInRecord, 'browser' | 'system'> {
  const text = userAgent?.slice(0, LONGEST_USER_AGENT) ?? ''
  if (text.trim() === '') return {}
  const { browser, os } = Bowser.parse(text)
  return { ...named('browser', browser.name), ...named('system', os.name) }
}

const NAMES = { browser: new Set(Object.values(Bowser.BROWSER_MAP)), system: new Set(Object.values(Bowser.OS_MAP)) }

/**
 * The same for messages, in which no stranger may write a text: only names that bowser has itself. A browser that it does not
 * know is called what it calls itself otherwise.
 */
export function familyOf (userAgent: string | undefined): BrowserFamily {
  const { browser = '', system = '' } = deviceOf(userAgent)
  return { ...(NAMES.browser.has(browser) && { browser }), ...(NAMES.system.has(system) && { system }) }
}

/** For the data of a new session. */
export function signInRecord (userContext: UserContext): SessionData {
  return { [KEY]: { at: Date.now(), ...deviceOf(requestOf(userContext)?.headers['user-agent']) } satisfies SignInRecord }
}

/** Undefined for sessions from before it was recorded. */
export function signInRecordIn ({ [KEY]: record }: SessionData): SignInRecord | undefined {
  return record as SignInRecord | undefined
}
