import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ApiAnswer } from '../../../src/hosted-pages/api.js'
import { dropPending } from '../../../src/hosted-pages/pending.js'
import { asError } from '../../../src/hosted-pages/problem.js'
import type { Enrolment, FactorKind, SecurityData } from '../../../src/hosted-pages/templates/security/data.js'
import { choiceOf } from '../factors.js'
import { get } from '../kit.js'
import type { SecurityKit } from './kit.js'

/** The strongest first. */
const KINDS: readonly FactorKind[] = ['passkey', 'totp', 'sms', 'email']

/** What is set up, and what can be. */
type Found = Pick<SecurityData, 'enrolments' | 'own' | 'addable'>

interface ListedPasskey { id: string, name?: string, createdAt: number, lastUsedAt?: number }

/** What is set up, and what can be beside it. The answer that says that the session has ended, where it has. */
export async function enrolmentsOf (kit: SecurityKit, request: FastifyRequest, reply: FastifyReply): Promise<Found | { refused: ApiAnswer }> {
  const { pages, options: { firstFactor } } = kit
  const kinds = KINDS.filter((kind) => kit.has(kind))
  const choice = await choiceOf(kit, request, reply)
  if (choice === undefined) return { refused: { statusCode: 401, body: {}, retryAfter: undefined } }

  async function listOf (kind: 'totp' | 'passkey'): Promise<ApiAnswer | undefined> {
    if (!kinds.includes(kind) || !choice!.setUp.some(({ id }) => id === kind)) return undefined
    return await pages.call(request, reply, get(kind === 'totp' ? '/totp/device/list' : '/passkey/list'))
  }

  const [apps, passkeys] = await Promise.all([listOf('totp'), listOf('passkey')])
  const refused = [apps, passkeys].find((answer) => answer !== undefined && answer.statusCode !== 200)
  if (refused !== undefined) return { refused }

  const all: Omit<Enrolment, 'isRemovable'>[] = [
    ...((passkeys?.body.passkeys ?? []) as ListedPasskey[]).map(({ id, name, createdAt, lastUsedAt }) => ({ kind: 'passkey' as const, id, name, createdAt, lastUsedAt })),
    ...((apps?.body.devices ?? []) as { name: string }[]).map(({ name }) => ({ kind: 'totp' as const, id: name, name })),
    ...(['sms', 'email'] as const).flatMap((kind) => choice.setUp.filter(({ id }) => id === kind).map(({ contact }) => ({ kind, name: contact })))
  ]
  const own = choice.setUp.map(({ id }) => id).filter((id) => id !== 'recovery-codes' && !all.some(({ kind }) => kind === id))
  // With phone + password the account signs in with the number.
  const isFixed = (kind: FactorKind): boolean => kind === 'sms' && firstFactor === 'phone-password'
  return {
    enrolments: all.map((one) => ({ ...one, isRemovable: all.length + own.length > 1 && !isFixed(one.kind) })),
    own,
    addable: kinds.filter((kind) => kind === 'totp' || kind === 'passkey' || !all.some((one) => one.kind === kind))
  }
}

/** Sends a person away whose session has ended. Every other refusal is said at once: the next page would only ask again. */
export function withoutEnrolments (kit: SecurityKit, request: FastifyRequest, reply: FastifyReply, refused: ApiAnswer): FastifyReply {
  const away = kit.sentAway(request, reply, refused, '/security')
  if (away === undefined) throw asError(kit.pages.problemOf(request, refused)!)
  return away
}

/** No other answer has them: no redirect. */
export const showCodes = ({ pages }: SecurityKit, request: FastifyRequest, reply: FastifyReply, codes: readonly string[]): FastifyReply =>
  pages.show(request, reply, 'recovery-codes', { codes, kept: '/security/recovery-codes/kept' })

/** A factor is set up. With the first one of an account come recovery codes, which are shown only now. */
export function enrolled (kit: SecurityKit, request: FastifyRequest, reply: FastifyReply, { body: { recoveryCodes } }: ApiAnswer): FastifyReply {
  dropPending(reply, kit.pages.places)
  return Array.isArray(recoveryCodes) ? showCodes(kit, request, reply, recoveryCodes as string[]) : kit.done(request, reply, 'added')
}
