import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { textOf } from '../members.js'
import type { Places } from './places.js'

const NAME = 'fastify-2fa-pending'

/** Longer than any code works. */
const SECONDS = 15 * 60

/** A code that was asked for. It works only in the session that asked, so this is no secret. */
export interface Pending {
  /** Id of the factor, or of what the code is for. */
  purpose: string
  deviceId: string
  preAuthSessionId: string
}

const attributesOf = ({ origin, base }: Places) => ({ path: base || '/', httpOnly: true, sameSite: 'lax', secure: origin.startsWith('https:') } as const)

/** Remembers the code that a page asked for, so that its form works after a reload, and in another tab. */
export function keepPending (reply: FastifyReply, places: Places, pending: Pending): void {
  reply.header('set-cookie', stringifySetCookie(NAME, Buffer.from(JSON.stringify(pending)).toString('base64url'), { ...attributesOf(places), maxAge: SECONDS }))
}

export function dropPending (reply: FastifyReply, places: Places): void {
  reply.header('set-cookie', stringifySetCookie(NAME, '', { ...attributesOf(places), maxAge: 0 }))
}

/** @param purpose that the page is about; a code for another one is none for it */
export function pendingOf ({ headers }: FastifyRequest, purpose: string): Pending | undefined {
  const value = parseCookie(headers.cookie ?? '')[NAME]
  if (value === undefined) return undefined
  try {
    const stored: unknown = JSON.parse(Buffer.from(value, 'base64url').toString())
    const [deviceId, preAuthSessionId] = [textOf(stored, 'deviceId'), textOf(stored, 'preAuthSessionId')]
    return textOf(stored, 'purpose') === purpose && deviceId !== undefined && preAuthSessionId !== undefined ? { purpose, deviceId, preAuthSessionId } : undefined
  } catch {
    return undefined
  }
}
