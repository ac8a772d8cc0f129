import { randomUUID } from 'node:crypto'
import type { AuditInput } from '../audit/audit.js'
import { EMAIL_RECORD } from '../second-factor/factors/email/pinned-address.js'
import { PHONE_RECORD } from '../second-factor/factors/sms/enrolled-phone.js'
import type { Metadata } from '../second-factor/records.js'
import { openLinksIn } from './links.js'

/**
 * What the service has yet to do by itself: remind owners of recoveries, and tell of what an operator did by a command,
 * which can send nothing. It is kept in the metadata of an id that is no user's: the Core cannot search metadata, and all
 * replicas share the Core.
 */
export const AGENDA_USER = 'fastify-2fa-agenda'

/** A thief of many accounts must not make it grow for ever: each entry is read with every look at it. */
const MOST_ENTRIES = 1000
/** Of those, for what strangers can start, so that operators always find room. */
const MOST_STARTED = 900
/** How long something is tried before it is given up. */
const PATIENCE_MS = 3 * 86_400_000

/** Where an owner whose factor is gone can still be told of it. Ids and addresses that the Core keeps anyway. */
export interface OldChannels {
  /** SuperTokens' user of the phone. */
  phoneUserId?: string
  /** Of the `email` factor. */
  email?: string
  /** Addresses and numbers from before a change that can still be undone. */
  contested?: string[]
}

/**
 * How the owner can be told of what the metadata will not say any more. While a change can be undone, also as before it: the
 * present mailbox and phone may be the thief's.
 */
export function channelsIn (metadata: Metadata): OldChannels {
  const { [PHONE_RECORD]: phoneUserId, [EMAIL_RECORD]: email } = metadata
  const contested = openLinksIn(metadata).flatMap(({ data }) => [data.email, data.phone]).filter((one) => one !== undefined)
  return { ...(typeof phoneUserId === 'string' && { phoneUserId }), ...(typeof email === 'string' && { email }), ...(contested.length > 0 && { contested }) }
}

export type OperatorNotice = 'factor-reset' | 'factor-and-password-reset' | 'password-change-required' | 'recovery-stopped'

/** What an operator has done: what the audit says, and what the owner is told. */
export interface OperatorAct {
  /** {@link AGENDA_USER} for what is about nobody in particular. */
  userId: string
  events: AuditInput[]
  notice?: OperatorNotice | undefined
  channels?: OldChannels
  /** When all sessions of the user ended, where the service has yet to hear of it: milliseconds since 1970. */
  sessionsEndedAt?: number | undefined
  /** Sessions that were ended one by one, where the service has yet to hear of it. */
  sessionHandles?: readonly string[] | undefined
}

interface Planned {
  /** When it is to be done, in milliseconds since 1970. */
  due: number
  /** Given up then; absent for what ends by itself. */
  until?: number
}

export type Entry = Planned & ({ recovery: string } | { act: OperatorAct })

type Write = (changes: Metadata) => Promise<Metadata>

const PREFIXES = ['recovery:', 'act:']
const isEntryKey = (key: string): boolean => PREFIXES.some((prefix) => key.startsWith(prefix))

export const recoveryKey = (userId: string): string => `recovery:${userId}`

function isEntry (value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'due' in value && typeof value.due === 'number' && ('recovery' in value || 'act' in value)
}

/** What is due now, by key. */
export function dueIn (agenda: Metadata): Array<[key: string, entry: Entry]> {
  return Object.entries(agenda).filter((pair): pair is [string, Entry] => isEntryKey(pair[0]) && isEntry(pair[1]) && pair[1].due <= Date.now())
}

/** @returns false when there is no room */
async function plan (write: Write, key: string, entry: Entry, most = MOST_ENTRIES): Promise<boolean> {
  const entries = Object.keys(await write({ [key]: entry })).filter(isEntryKey)
  if (entries.length <= most) return true
  await write({ [key]: null })
  return false
}

/**
 * @param due when the owner is told next, in milliseconds since 1970
 * @param byOperator whether an operator has started the recovery
 */
export async function planReminders (write: Write, userId: string, due: number, { byOperator = false } = {}): Promise<boolean> {
  return await plan(write, recoveryKey(userId), { recovery: userId, due }, byOperator ? MOST_ENTRIES : MOST_STARTED)
}

const actKey = (): string => `act:${randomUUID()}`

export async function planAct (write: Write, act: OperatorAct): Promise<boolean> {
  return await plan(write, actKey(), { act, due: Date.now(), until: Date.now() + PATIENCE_MS })
}

/** Events about nobody in particular, as metadata of {@link AGENDA_USER}, for a service that may start only much later. */
export function eventsToPublish (events: AuditInput[]): Metadata {
  return { [actKey()]: { act: { userId: AGENDA_USER, events }, due: Date.now() } satisfies Entry }
}

/** What is due for a user who is being deleted: the events are published all the same, and nobody is left who could be told. */
export function withoutOwner (agenda: Metadata, userId: string): Metadata {
  const of = Object.entries(agenda).filter((pair): pair is [string, Planned & { act: OperatorAct }] => isEntryKey(pair[0]) && isEntry(pair[1]) && 'act' in pair[1] && pair[1].act.userId === userId)
  return Object.fromEntries(of.map(([key, { act: { channels: _channels, notice: _notice, ...act }, ...entry }]) => [key, { ...entry, act }]))
}

/** How many recoveries are under way. */
export const recoveriesIn = (agenda: Metadata): number => Object.keys(agenda).filter((key) => key.startsWith(recoveryKey(''))).length
