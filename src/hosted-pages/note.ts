import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PageText } from '../language/page-sentences.js'
import { memberOf, textOf } from '../members.js'
import { pageCookie } from './page-cookie.js'
import type { Places } from './places.js'

/** What a page says after something was done. */
export const SAID = {
  'phone-changed': 'Codes now go to your new number.',
  'email-factor-changed': 'Codes now go to your new address.',
  added: 'Your second step is added.',
  removed: 'It is removed.',
  renamed: 'The new name is saved.',
  gone: 'This was removed already.',
  'codes-kept': 'Your new recovery codes are ready. The old ones do not work any more.',
  'password-changed': 'Your password is changed.',
  'address-asked': 'We have sent a link to your new address. Please open it in this browser.',
  'session-ended': 'That browser is signed out.',
  'others-ended': 'You are signed out everywhere else.',
  'browser-forgotten': 'That browser is forgotten.',
  'recovery-stopped': 'The recovery is stopped.'
} as const satisfies Record<string, PageText>

export type Said = keyof typeof SAID

const isSaid = (name: string | undefined): name is Said => name !== undefined && Object.hasOwn(SAID, name)

/** What a redirect brings to the page that it leads to. */
export interface Note {
  said?: Said
  /** What was typed before a second factor was asked for once more, by the names of the fields. Never a password. */
  typed?: Readonly<Record<string, string>>
}

/**
 * In a cookie, not in the address: a link from elsewhere could then claim that a password is changed, and numbers would be in
 * the logs of proxies. It names a sentence of ours, so not even a cookie of a neighbouring host makes a page say anything else.
 */
const cookie = pageCookie('fastify-2fa-note', 15 * 60)

/** Longer input is typed again. Browsers drop cookies beyond 4 kB. */
const LONGEST = 256

export function keepNote (reply: FastifyReply, places: Places, { said, typed = {} }: Note): void {
  cookie.keep(reply, places, { said, typed: Object.fromEntries(Object.entries(typed).filter(([, value]) => value.length <= LONGEST)) })
}

/** The note of the page before, once. */
export function takeNote (request: FastifyRequest, reply: FastifyReply, places: Places): Note {
  const stored = cookie.read(request, places)
  if (stored === undefined) return {}
  cookie.drop(reply, places)
  const [said, typed] = [textOf(stored, 'said'), memberOf(stored, 'typed')]
  const entries = typeof typed === 'object' && typed !== null ? Object.entries(typed).filter((entry): entry is [string, string] => typeof entry[1] === 'string') : []
  return { ...(isSaid(said) && { said }), typed: Object.fromEntries(entries) }
}
