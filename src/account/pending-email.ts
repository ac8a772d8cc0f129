import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { memberOf, textOf } from '../members.js'
import type { Metadata } from '../second-factor/records.js'

/** Key of the user's metadata. There is one: a later request takes the place of an earlier one, whose link dies. */
export const PENDING_EMAIL = 'fastify-2fa:pending-email'

/** How long a link can be opened, in milliseconds. As long as those that reset passwords. */
const LIFETIME_MS = 3_600_000

/** Tells it from a token of the Core's on the page that verifies addresses. */
const PREFIX = 'email-change.'

/** An address that the owner has asked for, and has not confirmed yet. */
export interface PendingEmail {
  email: string
  /** The one that it is to replace. */
  from: string
  /** What the account rested on when its owner asked (`known-browser-records.ts`). */
  standing: string
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

export const isChangeToken = (token: string): boolean => token.startsWith(PREFIX)

/** Makes the token of a link, and what the metadata keeps of it: the token itself only the mail has. */
export function makePending (pending: PendingEmail): { token: string, record: Metadata } {
  const token = PREFIX + randomBytes(32).toString('base64url')
  return { token, record: { [PENDING_EMAIL]: { ...pending, hash: hashOf(token).toString('base64url'), since: Date.now() } } }
}

/** What a token is for, if it is that of the latest request and not too old. */
export function findPending (token: string, { [PENDING_EMAIL]: record }: Metadata): PendingEmail | undefined {
  const [email, from, standing, hash, since] = [textOf(record, 'email'), textOf(record, 'from'), textOf(record, 'standing'), textOf(record, 'hash'), memberOf(record, 'since')]
  if (email === undefined || from === undefined || standing === undefined || hash === undefined || typeof since !== 'number') return undefined
  const kept = Buffer.from(hash, 'base64url')
  const given = hashOf(token)
  if (kept.length !== given.length || !timingSafeEqual(kept, given)) return undefined
  return Date.now() - since <= LIFETIME_MS ? { email, from, standing } : undefined
}
