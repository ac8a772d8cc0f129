import type { FastifyReply, FastifyRequest } from 'fastify'
import { textOf } from '../members.js'
import { pageCookie } from './page-cookie.js'
import type { Places } from './places.js'

/** Kept longer than any code works. */
const cookie = pageCookie('fastify-2fa-pending', 15 * 60)

/** A code that was asked for. It works only in the session that asked, so this is no secret. */
export interface Pending {
  /** Id of the factor, or of what the code is for. */
  purpose: string
  deviceId: string
  preAuthSessionId: string
}

/** Remembers the code that a page asked for, so that its form works after a reload, and in another tab. */
export function keepPending (reply: FastifyReply, places: Places, pending: Pending): void {
  cookie.keep(reply, places, pending)
}

export function dropPending (reply: FastifyReply, places: Places): void {
  cookie.drop(reply, places)
}

/** @param purpose that the page is about; a code for another one is none for it */
export function pendingOf (request: FastifyRequest, places: Places, purpose: string): Pending | undefined {
  const stored = cookie.read(request, places)
  const [deviceId, preAuthSessionId] = [textOf(stored, 'deviceId'), textOf(stored, 'preAuthSessionId')]
  return textOf(stored, 'purpose') === purpose && deviceId !== undefined && preAuthSessionId !== undefined ? { purpose, deviceId, preAuthSessionId } : undefined
}
