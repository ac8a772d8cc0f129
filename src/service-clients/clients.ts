import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { publishAudit } from '../audit/audit.js'
import { ClientRefused } from '../errors.js'
import { networksOf } from '../limits/network.js'
import { readCredentials, type Credentials } from './credentials.js'
import type { ServiceClient } from './options.js'

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Networks and clients whose last call had a wrong key. */
const MOST_SUSPECTS = 10_000

/**
 * Tells services of yours from others.
 *
 * Failed calls are limited by the caller's network, and in it by the client that it calls itself: neighbours of one that was
 * left with an old key go on. A right key costs the limits nothing, except from where wrong ones came.
 */
export function createServiceClients (clients: readonly ServiceClient[]) {
  const keys = clients.flatMap(({ id, secrets }) => secrets.map((secret) => ({ id, digest: digestOf(secret) })))
  const ids = new Set(clients.map(({ id }) => id))
  const suspects = new Set<string>()

  /** Compares with every key, so that the time says neither which client it is nor how close a guess came. */
  function matching ({ id, secret }: Credentials): string | undefined {
    const digest = digestOf(secret)
    let found: string | undefined
    for (const key of keys) {
      if (timingSafeEqual(key.digest, digest) && (id === undefined || id === key.id)) found = key.id
    }
    return found
  }

  function suspect (name: string): void {
    suspects.delete(name)
    suspects.add(name)
    if (suspects.size > MOST_SUSPECTS) suspects.delete(suspects.keys().next().value!)
  }

  return {
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
      const named = given.map(({ id }) => id).find((id) => id !== undefined && ids.has(id))
      const name = JSON.stringify([networksOf(request.ip)[0].name, named])
      if (client !== undefined && !suspects.has(name)) return client
      suspect(name)
      const tries = request.server.twoFactor.limits?.serviceClients
      const found = tries === undefined ? client : await tries.attempt(networksOf(request.ip), async () => client, named)
      if (found !== undefined) return found
      publishAudit(request.server, { type: 'client.refused', reason: named === undefined ? 'unknown client' : `wrong key of ${named}` }, request.ip)
      throw new ClientRefused()
    }
  }
}

export type ServiceClients = ReturnType<typeof createServiceClients>
