import type { FastifyRequest } from 'fastify'
import { publishAudit } from '../audit/audit.js'
import { ClientRefused } from '../errors.js'
import { networksOf } from '../limits/network.js'
import { readCredentials, type Credentials } from './credentials.js'
import { createKeyRing, digestOf } from './key-ring.js'
import type { ServiceClient } from './options.js'

/**
 * Tells services of yours from others.
 *
 * Wrong keys are limited by the caller's network. A right one is never kept waiting: otherwise strangers who share an address
 * with a service, as all do behind a proxy that nobody has told us of, could keep it out. No limit has to protect secrets of
 * this length from being guessed.
 */
export function createServiceClients (clients: readonly ServiceClient[]) {
  const keysOf = (list: readonly ServiceClient[]) => createKeyRing(list.flatMap(({ id, secrets }) => secrets.map((secret) => ({ holder: id, digest: digestOf(secret) }))))
  let holderOf = keysOf(clients)
  const watchers = new Set<() => void>()

  function matching ({ id, secret }: Credentials): string | undefined {
    const found = holderOf(secret)
    return id === undefined || id === found ? found : undefined
  }

  return {
    /** Puts other clients or secrets in place of the present ones. */
    replace (next: readonly ServiceClient[]): void {
      holderOf = keysOf(next)
      for (const watcher of watchers) watcher()
    },

    /** Whether a client has this secret. */
    knows: (secret: string): boolean => holderOf(secret) !== undefined,

    /** Calls back when clients or secrets have changed: whoever is connected may no longer be one. */
    onChange (watcher: () => void): void { watchers.add(watcher) },

    /**
     * The id of the client that calls.
     *
     * @throws AUTH_CLIENT_REFUSED without a right key
     * @throws AUTH_LIMIT_REACHED after too many wrong ones
     */
    async authenticate (request: FastifyRequest): Promise<string> {
      const given = readCredentials(request.headers.authorization)
      // Nothing was guessed.
      if (given.length === 0) throw new ClientRefused()
      const client = given.map(matching).find((id) => id !== undefined)
      if (client !== undefined) return client
      await request.server.twoFactor.limits?.serviceClients?.attempt(networksOf(request.ip), async () => undefined)
      publishAudit(request.server, { type: 'client.refused', reason: given[0]?.id === undefined ? 'a wrong key' : 'a wrong client or key' }, request)
      throw new ClientRefused()
    }
  }
}

export type ServiceClients = ReturnType<typeof createServiceClients>
