import type { FastifyInstance } from 'fastify'
import { signingKeys } from '../supertokens/core-outage.js'
import { REASON_NAMES, REASONS, type Reason } from './reasons.js'

/** A sentence for the log, with the address where there is one. Addresses may hold credentials, origins do not. */
export function inWords (reason: Reason, { twoFactor: { core } }: FastifyInstance): string {
  return reason.startsWith('core') && !core.embedded ? `${REASONS[reason]} (${core.addresses.map((address) => new URL(address).origin).join(', ')})` : REASONS[reason]
}

/** What a start waits for. Overload passes by itself, and a process that has just started is busy with itself. */
export async function missing ({ twoFactor: { core, limits } }: FastifyInstance): Promise<Reason[]> {
  const [state, redis] = await Promise.all([core.state(), limits?.isReachable?.()])
  // Without keys, no token can be told from a forged one.
  const hasKeys = state !== 'answers' || await signingKeys()?.isLoaded() !== false
  const found: Record<string, boolean> = {
    core: state === 'silent', 'core-key': state === 'refuses', 'signing-keys': !hasKeys, storage: state === 'unwritable', redis: redis === false
  }
  return REASON_NAMES.filter((reason) => found[reason])
}

/** Asks for the reasons once for all who ask at the same time: a stranger who asks all the time costs no more than one who waits. */
export function createReadiness (app: FastifyInstance) {
  let asking: Promise<Reason[]> | undefined

  return async function reasonsAgainst (): Promise<Reason[]> {
    asking ??= missing(app).finally(() => { asking = undefined })
    const found = await asking
    return [...found, ...(app.twoFactor.isOverloaded?.() === true ? ['overloaded' as const] : []), ...(app.isLeaving === true ? ['draining' as const] : [])]
  }
}
