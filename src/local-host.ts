import type { FastifyRequest } from 'fastify'
import { DevHostRefused } from './errors.js'
import { isLoopback } from './loopback.js'

const HOST = /^(\[[^\]]*\]|[^:[\]]+)(?::\d{1,5})?$/

function isLocal (host: string): boolean {
  const name = HOST.exec(host.trim())?.[1]
  return name !== undefined && isLoopback(name)
}

/** Every name that the request was sent to: its own host, and those that proxies on the way report. */
function hostsOf ({ headers }: FastifyRequest): string[] {
  const listed = (value: string | string[] | undefined): string[] => [value ?? []].flat().flatMap((one) => one.split(','))
  const forwarded = listed(headers.forwarded).flatMap((hop) => [...hop.matchAll(/(?:^|;)\s*host\s*=\s*("[^"]*"|[^;]*)/gi)].map(([, host = '']) => host.replaceAll('"', '')))
  return [...listed(headers.host ?? headers[':authority']), ...listed(headers['x-forwarded-host']), ...forwarded]
}

/**
 * onRequest hook for routes that show codes: only the machine itself may read them. A page on another site can have its
 * own name resolve to 127.0.0.1 and then read what this server answers (DNS rebinding), but the browser still sends that
 * name. A forwarded name can only add a reason to refuse, never one to admit.
 */
export async function requireLocalHost (request: FastifyRequest): Promise<void> {
  const hosts = hostsOf(request)
  if (hosts.length === 0 || !hosts.every(isLocal)) throw new DevHostRefused()
}
