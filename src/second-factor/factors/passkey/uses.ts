import { randomUUID } from 'node:crypto'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../../../audit/audit.js'
import { memberOf } from '../../../members.js'
import { readMetadata, updateMetadata, type Metadata } from '../../records.js'
import type { Passkey } from './passkeys.js'

/** Beside the enrolment, whose changes end sessions that are being created. */
export const COUNTER_PREFIX = 'fastify-2fa:passkey-counter:'

const marksOf = (id: string): string => `${COUNTER_PREFIX}${id}:`

interface Use {
  /** The authenticator's signature counter; always 0 for passkeys that several devices share. */
  counter: number
  /** In milliseconds since 1970. */
  at: number
  challenge: string
}

function isUse (value: unknown): value is Use {
  return typeof memberOf(value, 'counter') === 'number' && typeof memberOf(value, 'at') === 'number'
}

function usesIn (metadata: Metadata, id: string): Array<[key: string, use: Use]> {
  return Object.entries(metadata).filter((entry): entry is [string, Use] => entry[0].startsWith(marksOf(id)) && isUse(entry[1]))
}

/** What a use says of the passkey: `again` is a second copy of one answer, `cloned` a counter that does not grow. */
export type Noted = 'first' | 'again' | 'cloned'

function verdict (own: Use, others: ReadonlyArray<readonly [key: string, use: Use]>): Noted {
  const since = others.filter(([, { counter }]) => (own.counter > 0 || counter > 0) && counter >= own.counter)
  if (since.length === 0) return 'first'
  return since.every(([, { challenge }]) => challenge === own.challenge) ? 'again' : 'cloned'
}

/**
 * Notes a use, once over all replicas. A copy of the authenticator counts on by itself, so sooner or later one of the two
 * sends a number that has been there (WebAuthn, section 6.1.1). Two that come at the same moment each write a mark of their
 * own; the second one finds the first beside it in the Core's answer.
 */
async function noteUse (userId: string, id: string, own: Use, atRegistration: number, userContext: UserContext): Promise<Noted> {
  const known = usesIn(await readMetadata(userId, userContext), id)
  const early = verdict(own, [...known, ['', { counter: atRegistration, at: 0, challenge: '' }]])
  if (early !== 'first') return early
  const key = marksOf(id) + randomUUID()
  // Marks that are removed are lower than this one, so the highest is never lost.
  const merged = await updateMetadata(userId, { ...Object.fromEntries(known.map(([old]) => [old, null])), [key]: own }, userContext)
  return verdict(own, usesIn(merged, id).filter(([other]) => other !== key))
}

/** The same; a copy of the authenticator becomes an audit event. */
export async function noteOrReport (userId: string, id: string, own: Use, { counter }: Pick<Passkey, 'counter'>, userContext: UserContext, session: { sessionHandle?: string, tenantId?: string } = {}): Promise<Noted> {
  const noted = await noteUse(userId, id, own, counter, userContext)
  if (noted === 'cloned') audit(userContext, { type: 'second-factor.cloned', factor: 'passkey', userId, ...session })
  return noted
}

/** When a passkey was last used, in milliseconds since 1970. */
export function lastUseIn (metadata: Metadata, id: string): number | undefined {
  const times = usesIn(metadata, id).map(([, { at }]) => at)
  return times.length === 0 ? undefined : Math.max(...times)
}

/** For an update that forgets a passkey's uses. */
export function withoutUses (metadata: Metadata, id: string): Metadata {
  return Object.fromEntries(Object.keys(metadata).filter((key) => key.startsWith(marksOf(id))).map((key) => [key, null]))
}
