import type { Metadata } from '../second-factor/records.js'
import { openLinksIn } from './links.js'

/** Links at an old address, which bring it back (`email-undo.ts`). */
export const UNDO_EMAIL_CHANGE = 'undo-email-change'

/**
 * Until when somebody can still get an old address back, in milliseconds since 1970; 0 for no time. As long as that is so,
 * the present mailbox proves nothing: it may be that of the thief who has changed the address.
 */
export function mailboxContestedUntil (metadata: Metadata): number {
  return Math.max(0, ...openLinksIn(metadata).filter(({ purpose }) => purpose === UNDO_EMAIL_CHANGE).map(({ until }) => until))
}
