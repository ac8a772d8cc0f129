import { constants, type X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https'
import { createSecureContext, Server as TlsServer } from 'node:tls'
import { clearInterval, setInterval } from 'node:timers'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OptionsInvalid } from '../errors.js'
import { certificatesIn, isOf } from './authorities.js'

export interface AdminListenOptions {
  port: number
  /** @default '127.0.0.1' */
  host?: string
  /**
   * TLS of this listener, with the authority of client certificates as `ca`. Clients without one can still have a key.
   * @default none: plain http, for a private network
   */
  https?: Pick<TlsOptions, 'cert' | 'key' | 'ca'>
}

type AdminTls = NonNullable<AdminListenOptions['https']>

/** Limits how long a slow client can occupy a socket. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000 }

const DRAIN_MS = 50

/**
 * Without tickets, each connection shows its whole chain. One that was resumed would show the client's certificate alone,
 * and whether it is of another authority could not be told.
 */
const withoutTickets = (https: AdminTls) => ({ ...https, secureOptions: constants.SSL_OP_NO_TICKET })

const textOf = (ca: AdminTls['ca']): string => [ca ?? []].flat().map(String).join('\n')

/** The servers of an app that listen for the admin API alone. */
export function createAdminListeners () {
  const servers = new Map<unknown, Promise<unknown>>()
  let [underWay, draining]: [number, ReturnType<typeof setInterval> | undefined] = [0, undefined]
  /** Those that have changed while connections were open. */
  let authorities: X509Certificate[] | undefined

  /** Connections that have sent nothing yet are not idle to Node, and would stay. */
  function drain (server: Server): void {
    if (underWay === 0) server.closeAllConnections()
    else server.closeIdleConnections()
  }

  return {
    add (server: Server): void {
      servers.set(server, once(server, 'close'))
      server.prependListener('request', (_request, response) => {
        underWay++
        response.once('close', () => { underWay-- })
      })
    },

    /** Whether a request came by one of them. No header says so: anyone could. */
    brought: ({ raw: { socket } }: FastifyRequest): boolean => 'server' in socket && servers.has(socket.server),

    /**
     * Prepares other certificates, for new connections.
     *
     * @returns puts them in place
     * @throws AUTH_OPTIONS_INVALID if they cannot be used
     */
    prepareTls (https: AdminTls): () => void {
      let next: X509Certificate[]
      try {
        createSecureContext(https)
        next = certificatesIn(textOf(https.ca))
      } catch (cause) {
        throw new OptionsInvalid('TLS of the admin API: the certificate, its key or the authority of clients cannot be used', { cause })
      }
      return () => {
        authorities = next
        for (const server of servers.keys()) if (server instanceof TlsServer) server.setSecureContext(withoutTickets(https))
      }
    },

    /** Whether a client's certificate is of an authority of now: that of a connection was verified when it began. */
    trusts: (certificate: X509Certificate): boolean => authorities === undefined || isOf(authorities, certificate),

    /** Takes no more connections. */
    stop (): void {
      const all = [...servers.keys()] as Server[]
      for (const server of all) server.close()
      draining = setInterval(() => { all.forEach(drain) }, DRAIN_MS)
    },

    /** Resolves when all that was asked is answered. */
    async ended (): Promise<void> {
      await Promise.all(servers.values())
      clearInterval(draining)
    }
  }
}

export type AdminListeners = ReturnType<typeof createAdminListeners>

/**
 * Listens for the admin API alone, so that the port of everybody else does not have it. Call it before `app.listen()`; it
 * closes with the app.
 *
 * @returns the port, where `port` is 0
 * @throws AUTH_OPTIONS_INVALID unless `admin.ownListener` is true
 */
export async function listenForAdmin (app: FastifyInstance, { port, host = '127.0.0.1', https }: AdminListenOptions): Promise<number> {
  await app.ready()
  const { listeners } = app.twoFactor.admin ?? {}
  if (listeners === undefined) throw new OptionsInvalid('listenForAdmin needs admin.ownListener, and a key or certificate')
  const answer = app.routing.bind(app) as Parameters<typeof createServer>[1]
  // Who calls is decided by the API, and not by TLS: a key may stand in the place of a certificate.
  const server = https === undefined ? createServer(TIMEOUTS, answer!) : createTlsServer({ ...TIMEOUTS, ...withoutTickets(https), requestCert: true, rejectUnauthorized: false }, answer!)
  const listening = once(server, 'listening')
  server.listen({ port, host })
  await listening
  listeners.add(server)
  return (server.address() as { port: number }).port
}
