import { isIPv4 } from 'node:net'

/** Whether a host name or IP address always means this machine: no DNS server is asked, and traffic needs no TLS. */
export function isLoopback (host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.')
  return /^(?:(?:[a-z0-9_-]+\.)*localhost\.?|::1|\[::1\])$/i.test(host)
}

/** The same for the host of an origin such as `http://localhost:3000`. */
export function isLoopbackOrigin (origin: string): boolean {
  return isLoopback(new URL(origin).hostname)
}
