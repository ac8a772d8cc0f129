import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { ContestsFull } from '../errors.js'
import { CORE_WIDTHS, fits } from '../lengths.js'
import type { Metadata } from '../second-factor/records.js'

/** Keys of the user's metadata: `fastify-2fa:link:<purpose>:<hash of the secret>`. */
const PREFIX = 'fastify-2fa:link:'

/** What is kept of a link: never its secret. Times in milliseconds since 1970. */
type LinkRecord = {
  since: number
  until: number
  /** What the link's purpose needs to know. */
  data: Record<string, string>
  /** When it was used. It stays until its time is up, so that a second click is told so. */
  doneAt?: number
}

/** A link as it is found. */
export interface Link extends LinkRecord {
  key: string
  purpose: string
}

/** Bytes: 256 random bits, which nobody guesses and which need no salt. */
const SECRET_BYTES = 32

/** `<secret>.<user id>`, both in base64url: only with the user's id can the Core find what it belongs to. */
const TOKEN = /^([\w-]{43})\.([\w-]{1,700})$/
/** The longest token: a user id of 128 characters, each of four bytes. */
export const LONGEST_TOKEN = 768

const hashOf = (secret: Buffer): Buffer => createHash('sha256').update(secret).digest()

function isRecord (value: unknown): value is LinkRecord {
  if (typeof value !== 'object' || value === null) return false
  const { since, until, data } = value as Record<string, unknown>
  return typeof since === 'number' && typeof until === 'number' && typeof data === 'object' && data !== null
}

/** The links in a user's metadata whose time is not up, used ones included, oldest first. */
export function linksIn (metadata: Metadata): Link[] {
  const found = Object.entries(metadata).flatMap(([key, value]): Link[] => {
    const purpose = key.startsWith(PREFIX) ? key.slice(PREFIX.length, key.lastIndexOf(':')) : undefined
    return purpose !== undefined && isRecord(value) && value.until > Date.now() ? [{ ...value, key, purpose }] : []
  })
  return found.toSorted((a, b) => a.since - b.since)
}

/** Those that have not been used. */
export const openLinksIn = (metadata: Metadata): Link[] => linksIn(metadata).filter(({ doneAt }) => doneAt === undefined)

export interface NewLink {
  userId: string
  purpose: string
  /** Strings, such as the number that an undo restores. Readable by whoever reads the Core. */
  data: Record<string, string>
  /** Seconds that it works. */
  lifetime: number
  /** How many of this purpose a user can have at once. */
  most: number
}

/**
 * Makes a link. `record` has to be written into the user's metadata, best together with what the link undoes. It removes
 * links whose time is up.
 *
 * A full list refuses the new link and so the change that needs one: to drop the oldest would let a thief who changes
 * something again and again drop the owner's.
 *
 * @throws AUTH_CONTESTS_FULL
 */
export function makeLink ({ userId, purpose, data, lifetime, most }: NewLink, metadata: Metadata): { token: string, key: string, record: Metadata } {
  const valid = linksIn(metadata)
  const same = valid.filter((link) => link.purpose === purpose)
  const [oldestUsed] = same.filter(({ doneAt }) => doneAt !== undefined)
  const isFull = same.length >= most
  if (isFull && oldestUsed === undefined) throw new ContestsFull()
  const kept = new Set(valid.map(({ key }) => key))
  if (isFull) kept.delete(oldestUsed!.key)
  const gone = Object.keys(metadata).filter((key) => key.startsWith(PREFIX) && !kept.has(key))

  const secret = randomBytes(SECRET_BYTES)
  const since = Date.now()
  const key = `${PREFIX}${purpose}:${hashOf(secret).toString('base64url')}`
  const record: LinkRecord = { since, until: since + lifetime * 1000, data }
  return {
    token: `${secret.toString('base64url')}.${Buffer.from(userId).toString('base64url')}`,
    key,
    record: { ...Object.fromEntries(gone.map((key) => [key, null])), [key]: record }
  }
}

/** Whose link a token is, as it says itself; undefined if it is no token. Nothing is known yet of whether it is right. */
export function readToken (token: string): { userId: string, secret: Buffer } | undefined {
  const [, secret = '', user = ''] = TOKEN.exec(token) ?? []
  const userId = Buffer.from(user, 'base64url').toString()
  // The Core refuses NUL and what its columns do not hold.
  const isUserId = Buffer.from(userId).toString('base64url') === user && /^\P{Cc}+$/u.test(userId) && fits(userId, CORE_WIDTHS.userId)
  return isUserId ? { userId, secret: Buffer.from(secret, 'base64url') } : undefined
}

/** The user's link of a secret. Compares with all of them, each in constant time. */
export function findLink (secret: Buffer, metadata: Metadata): Link | undefined {
  const hash = hashOf(secret)
  const matches = linksIn(metadata).filter(({ key }) => {
    const own = Buffer.from(key.slice(key.lastIndexOf(':') + 1), 'base64url')
    return own.length === hash.length && timingSafeEqual(own, hash)
  })
  return matches[0]
}

/**
 * What is written once a link has been used. Later ones of its purpose go: a thief who has changed something twice has the
 * link that brings the first of the two changes back.
 */
export function used ({ key, purpose, data: _data, ...times }: Link, metadata: Metadata): Metadata {
  const later = linksIn(metadata).filter((link) => link.purpose === purpose && link.key !== key && link.since >= times.since)
  return { ...Object.fromEntries(later.map((link) => [link.key, null])), [key]: { ...times, data: {}, doneAt: Date.now() } }
}
