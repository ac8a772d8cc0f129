import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { publishAudit } from '../audit/audit.js'
import { AdminKeyRefused } from '../errors.js'
import { networksOf } from '../limits/network.js'
import { createKeyRing } from '../service-clients/key-ring.js'
import { adminDigest, fingerprintOf, type ResolvedAdmin } from './options.js'
import type { AdminRole } from './roles.js'

/** Who calls the admin API. */
export interface AdminCaller {
  name: string
  role: AdminRole
}

/** Node takes no longer headers, unless it is told to. */
const LONGEST = 4096

/** Bearer only: browsers keep what was typed for Basic, and send it with forms of other websites (CWE-352). */
function keyIn (header: string | undefined): string | undefined {
  return /^bearer +([\x21-\x7e]+) *$/i.exec(header?.slice(0, LONGEST) ?? '')?.[1]
}

/**
 * SHA-256 of the client's certificate, if this process itself has verified it. What a proxy says of a certificate is a
 * header, which anyone can send.
 */
function certificateIn (request: FastifyRequest): string | undefined {
  const socket = request.raw.socket as Partial<TLSSocket>
  if (socket.authorized !== true || typeof socket.getPeerX509Certificate !== 'function') return undefined
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined || request.server.twoFactor.admin?.listeners?.trusts(certificate) === false) return undefined
  return certificate.fingerprint256
}

type Callers = Pick<ResolvedAdmin, 'keys' | 'certificates'>

const keyRing = ({ keys }: Pick<Callers, 'keys'>) => createKeyRing<AdminCaller>(keys.flatMap(({ name, role, secrets }) => secrets.map((secret) => ({ holder: { name, role }, digest: adminDigest(secret) }))))
const certificateRing = ({ certificates }: Callers) => new Map<string, AdminCaller>(certificates.map(({ name, role, fingerprint }) => [fingerprintOf(fingerprint), { name, role }]))

/** Whether a client shows a certificate of another authority. TLS lets it in, since a key may stand in the place of one. */
function hasUntrustedCertificate ({ raw }: FastifyRequest): boolean {
  const socket = raw.socket as Partial<TLSSocket>
  return socket.authorized !== true && typeof socket.getPeerX509Certificate === 'function' && socket.getPeerX509Certificate() !== undefined
}

/** In a minute. Strangers are refused as often as they like, and must fill neither the disk nor an outbox. */
const MOST_TOLD = 60

/** Tells of refusals as audit events; beyond the ceiling, the next one that is told says how many were not. */
function createRefusals () {
  let [minute, told, untold] = [-1, 0, 0]
  return function refused (request: FastifyRequest, reason: string): void {
    const now = Math.floor(Date.now() / 60_000)
    if (now !== minute) [minute, told] = [now, 0]
    if (told >= MOST_TOLD) {
      untold++
      return
    }
    told++
    publishAudit(request.server, { type: 'admin.refused', reason: untold === 0 ? reason : `${reason}; ${untold} more before` }, request)
    untold = 0
  }
}

/**
 * Tells who calls the admin API. Wrong keys are limited by the caller's network, and a right one is never kept waiting
 * (`src/service-clients/clients.ts` says why).
 */
export function createAdminCallers (callers: Callers) {
  let [byKey, byCertificate] = [keyRing(callers), certificateRing(callers)]

  const refused = createRefusals()

  return {
    /** Puts other callers in place of the present ones. Whoever is none of them is refused from now on. */
    replace (next: Callers): void {
      [byKey, byCertificate] = [keyRing(next), certificateRing(next)]
    },

    /** Whether a caller has this key. */
    knows: (secret: string): boolean => byKey(secret) !== undefined,

    /**
     * @throws AUTH_ADMIN_KEY_REFUSED without a right key or certificate
     * @throws AUTH_LIMIT_REACHED after too many wrong ones
     */
    async authenticate (request: FastifyRequest): Promise<AdminCaller> {
      const { authorization } = request.headers
      const [key, certificate] = [keyIn(authorization), certificateIn(request)]
      // Whoever sends a key is its holder, or nobody.
      if (authorization === undefined && certificate === undefined) {
        refused(request, hasUntrustedCertificate(request) ? 'a certificate of an unknown authority' : 'no key or certificate')
        throw new AdminKeyRefused()
      }
      const caller = authorization === undefined ? byCertificate.get(certificate!) : key === undefined ? undefined : byKey(key)
      if (caller !== undefined) return caller
      await request.server.twoFactor.limits?.adminKeys?.attempt(networksOf(request.ip), async () => undefined)
      refused(request, authorization === undefined ? 'an unknown certificate' : 'a wrong key')
      throw new AdminKeyRefused()
    }
  }
}

export type AdminCallers = ReturnType<typeof createAdminCallers>
