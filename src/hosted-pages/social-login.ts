import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { textOf } from '../members.js'
import { pageCookie } from './page-cookie.js'
import type { Places } from './places.js'

/** Kept long enough to sign in there. */
const cookie = pageCookie('fastify-2fa-social-login', 15 * 60)

/** A social login that this browser has begun. */
export interface SocialLogin {
  provider: string
  /** Comes back with the code. Otherwise another website could sign a person in to an account of its own (RFC 6749, 10.12). */
  state: string
  /** Only who has it can use the code (RFC 7636). */
  pkceCodeVerifier: string | undefined
}

export const newState = (): string => randomBytes(32).toString('base64url')

export function keepLogin (reply: FastifyReply, places: Places, login: SocialLogin): void {
  cookie.keep(reply, places, login)
}

function isSame (a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

/** What this browser has begun, which ends with it; undefined if what comes back belongs to nothing of that. */
export function takeLogin (request: FastifyRequest, reply: FastifyReply, places: Places, { provider, state }: Pick<SocialLogin, 'provider' | 'state'>): SocialLogin | undefined {
  const kept = cookie.read(request, places)
  const known = textOf(kept, 'state')
  if (known === undefined || textOf(kept, 'provider') !== provider || !isSame(known, state)) return undefined
  cookie.drop(reply, places)
  return { provider, state, pkceCodeVerifier: textOf(kept, 'pkceCodeVerifier') }
}
