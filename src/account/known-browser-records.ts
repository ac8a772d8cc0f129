import { createHash } from 'node:crypto'
import type { Factor } from '../second-factor/factor.js'
import { enrolmentsIn, isEnrolmentOf, type Metadata } from '../second-factor/records.js'
import { CREDENTIAL_CHANGED, SESSIONS_ENDED } from '../session/epoch.js'
import type { BrowserKey } from './known-browser-key.js'

/** Each browser has a key of the user's metadata, `<record>:<id>`. */
export const BROWSER_RECORD = 'fastify-2fa:browser'

/** Thirty days, as long as a person is not asked again at most. */
export const LIFETIME_MS = 30 * 86_400_000
/** Further ones take the place of the oldest. */
const MOST = 10

export interface BrowserRecord {
  key: BrowserKey
  /** For the owner, as in `Firefox on Linux`. */
  name: string
  /** Milliseconds since 1970. */
  addedAt: number
  /** What {@link standingOf} was then. */
  standing: string
}

export interface KnownBrowser extends BrowserRecord { id: string }

export const recordKeyOf = (id: string): string => `${BROWSER_RECORD}:${id}`

/**
 * Names what a browser's being known rests on: the credentials, what is enrolled, and that sessions were not all ended since.
 * Whatever changes of these ends every known browser, also where whoever changes it knows nothing of browsers.
 */
export function standingOf (metadata: Metadata, factors: readonly Factor[]): string {
  const matters = (key: string): boolean => key === CREDENTIAL_CHANGED || key === SESSIONS_ENDED || factors.some(({ record }) => isEnrolmentOf(record, key))
  const entries = Object.entries(metadata).filter(([key]) => matters(key)).sort(([a], [b]) => a < b ? -1 : 1)
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url')
}

/** The browsers that are known now, the oldest first. */
export function knownIn (metadata: Metadata, factors: readonly Factor[]): KnownBrowser[] {
  const standing = standingOf(metadata, factors)
  return enrolmentsIn(metadata, BROWSER_RECORD).map(([id, record]) => ({ id, ...record as BrowserRecord }))
    .filter((browser) => browser.standing === standing && Date.now() < browser.addedAt + LIFETIME_MS)
    .sort((a, b) => a.addedAt - b.addedAt)
}

/** Removes, with the next change, those that are known no more and those for which there is no place beside a new one. */
export function outdatedIn (metadata: Metadata, factors: readonly Factor[]): Metadata {
  const kept = new Set(knownIn(metadata, factors).slice(1 - MOST).map(({ id }) => id))
  return Object.fromEntries(enrolmentsIn(metadata, BROWSER_RECORD).filter(([id]) => !kept.has(id)).map(([id]) => [recordKeyOf(id), null]))
}
