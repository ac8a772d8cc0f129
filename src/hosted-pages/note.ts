import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PageText } from '../language/page-sentences.js'
import { memberOf, textOf } from '../members.js'
import { pageCookie } from './page-cookie.js'
import type { Places } from './places.js'

/** What a page says after something was done. */
export const SAID = {
  'phone-changed': 'Codes now go to your new number.',
  'email-factor-changed': 'Codes now go to your new address.',
  added: 'Your second factor is added.',
  removed: 'It is removed.',
  renamed: 'The new name is saved.',
  gone: 'This was removed already.',
  'codes-kept': 'Your new recovery codes are ready. The old ones do not work any more.',
  'password-changed': 'Your password is changed.',
  'address-asked': 'We have sent a link to your new address. Please open it in this browser.',
  'session-ended': 'That browser is signed out.',
  'others-ended': 'You are signed out everywhere else.',
  'browser-forgotten': 'That browser is forgotten.',
  'recovery-stopped': 'The recovery is stopped.',
  'admin-done': 'It is done, and in the audit log.'
} as const satisfies Record<string, PageText>

export type Said = keyof typeof SAID

const isSaid = (name: string | undefined): name is Said => name !== undefined && Object.hasOwn(SAID, name)

/** What was typed into a form. */
export interface Typed {
  /** Path of its page, below the pages: it belongs into no other form. */
  page: string
  /** By their names. Never a password. */
  fields: Readonly<Record<string, string>>
}

/** What a redirect brings to the page that it leads to. */
export interface Note {
  said?: Said
  /** What was typed before a second factor was asked for once more. */
  typed?: Typed
}

/**
 * In a cookie, not in the address: a link from elsewhere could then claim that a password is changed, and numbers would be in
 * the logs of proxies. It names a sentence of ours, so not even a cookie of a neighbouring host makes a page say anything else.
 */
const cookie = pageCookie('fastify-2fa-note', 15 * 60)

/** Longer input is typed again. Browsers drop cookies beyond 4 kB. */
const LONGEST = 256

export function keepNote (reply: FastifyReply, places: Places, { said, typed }: Note): void {
  const fields = Object.entries(typed?.fields ?? {}).filter(([, value]) => value.length <= LONGEST)
  cookie.keep(reply, places, { said, page: typed?.page, fields: Object.fromEntries(fields) })
}

/** Whoever signs in next in this browser finds nothing typed. */
export function dropNote (request: FastifyRequest, reply: FastifyReply, places: Places): void {
  if (cookie.read(request, places) !== undefined) cookie.drop(reply, places)
}

/** The note of the page before, once. */
export function takeNote (request: FastifyRequest, reply: FastifyReply, places: Places): Note {
  const stored = cookie.read(request, places)
  if (stored === undefined) return {}
  cookie.drop(reply, places)
  const [said, page, fields] = [textOf(stored, 'said'), textOf(stored, 'page'), memberOf(stored, 'fields')]
  const entries = typeof fields === 'object' && fields !== null ? Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string') : []
  return { ...(isSaid(said) && { said }), ...(page !== undefined && { typed: { page, fields: Object.fromEntries(entries) } }) }
}
