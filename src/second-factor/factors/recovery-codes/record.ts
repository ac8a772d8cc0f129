import { randomBytes, randomUUID } from 'node:crypto'
import type { UserContext } from 'supertokens-node/types'
import type { Beside } from '../../factor.js'
import { readMetadata, updateMetadata, type Metadata } from '../../records.js'
import { COUNT, hashOf, newCodes, readCode } from './codes.js'

/** Keys of the user's metadata in the Core: the hashes, and whether the owner says that they are kept. */
export const CODES_RECORD = 'fastify-2fa:recovery-codes'
export const ACKNOWLEDGED = 'fastify-2fa:recovery-codes-acknowledged'
/** Followed by the id of the set, the number of the code and the id of the try. Not below the record: no session ends. */
export const USED = 'fastify-2fa:recovery-code-used:'

export type CodesRecord = {
  /** Tells this set from others, whose marks mean nothing for it. */
  id: string
  salt: string
  hashes: string[]
  /** When they were made, in milliseconds since 1970. */
  since: number
}

const isText = (value: unknown): value is string => typeof value === 'string'

export function isCodesRecord (value: unknown): value is CodesRecord {
  if (typeof value !== 'object' || value === null) return false
  const { id, salt, hashes } = value as Record<string, unknown>
  return isText(id) && isText(salt) && Array.isArray(hashes) && hashes.length === COUNT && hashes.every(isText)
}

/** Makes a set of codes: what is kept of it, and what is shown once. */
export async function makeCodes (): Promise<{ value: CodesRecord, shown: Beside }> {
  const recoveryCodes = newCodes()
  const salt = randomBytes(16)
  const hashes: string[] = []
  // One after the other: all at once would take every thread on which Node hashes passwords and reads files.
  for (const code of recoveryCodes) hashes.push((await hashOf(readCode(code)!, salt)).toString('base64url'))
  return { value: { id: randomBytes(9).toString('base64url'), salt: salt.toString('base64url'), hashes, since: Date.now() }, shown: { recoveryCodes } }
}

const marksOf = ({ id }: CodesRecord): string => `${USED}${id}:`

/** How many codes of a set are left. */
export function leftOf (record: CodesRecord, metadata: Metadata): number {
  const marks = marksOf(record)
  const used = Object.keys(metadata).filter((key) => key.startsWith(marks)).map((key) => key.slice(marks.length).split(':')[0])
  return record.hashes.length - new Set(used).size
}

/** What replaces the set that a user has: marks of an older one are removed with it. */
export function replacing (metadata: Metadata): Metadata {
  return Object.fromEntries(Object.keys(metadata).filter((key) => key.startsWith(USED) || key === ACKNOWLEDGED).map((key) => [key, null]))
}

export interface Use {
  userId: string
  record: CodesRecord
  index: number
  /** What else is written. */
  others: Metadata
}

/**
 * Uses a code up, for good and once over all replicas: each try writes a mark of its own, and whoever finds one of
 * another try in the Core's answer is too late.
 *
 * @returns how many are left; undefined when the code has been used already
 */
export async function useUp ({ userId, record, index, others }: Use, userContext: UserContext): Promise<number | undefined> {
  const marks = `${marksOf(record)}${index}:`
  const isUsed = (metadata: Metadata, own?: string): boolean => Object.keys(metadata).some((key) => key !== own && key.startsWith(marks))
  // So that a code that is tried again and again leaves no marks.
  if (isUsed(await readMetadata(userId, userContext))) return undefined
  const own = marks + randomUUID()
  const merged = await updateMetadata(userId, { ...others, [own]: Date.now() }, userContext)
  return isUsed(merged, own) ? undefined : leftOf(record, merged)
}
