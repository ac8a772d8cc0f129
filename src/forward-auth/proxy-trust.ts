import { timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** The same names as Fastify's `trustProxy` has. */
const NAMES: Record<string, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
}

const MAPPED = '::ffff:'

/** A dual-stack socket writes IPv4 addresses as IPv6 ones. */
const plain = (address: string): string => address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4 ? address.slice(MAPPED.length) : address

function add (list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  if (version === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) throw new RangeError(`${entry} is not an address`)
  list.addSubnet(address, bits === undefined ? most : Number(bits), version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Whether an address is one of the proxies'.
 *
 * @throws RangeError naming the entry that is no address
 */
export function createProxyTrust (proxies: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList()
  for (const entry of proxies.flatMap((name) => NAMES[name] ?? [name])) add(list, entry)
  return (address) => {
    if (address === undefined) return false
    const ip = plain(address)
    return list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
  }
}

/** The header in which a proxy shows that it is one. */
export const SECRET_HEADER = 'x-forward-auth-secret'

function isOneOf (given: string, secrets: readonly Buffer[]): boolean {
  const bytes = Buffer.from(given)
  // Every secret is compared, and none of them stops early.
  return secrets.map((secret) => bytes.length === secret.length && timingSafeEqual(bytes, secret)).includes(true)
}

/**
 * Whether it is the proxy that asks. Anybody else could state any original address and method, and so have assertions made
 * for requests that no proxy has let through.
 */
export function createProxyCheck ({ proxySecrets, proxies }: { proxySecrets: readonly string[], proxies: readonly string[] | undefined }) {
  const secrets = proxySecrets.map((secret) => Buffer.from(secret))
  const isProxy = proxies === undefined ? undefined : createProxyTrust(proxies)
  return function isFromProxy ({ headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>): boolean {
    // The connection's own address: `request.ip` may come from a header.
    if (isProxy !== undefined && !isProxy(socket.remoteAddress)) return false
    if (secrets.length === 0) return isProxy !== undefined
    const given = headers[SECRET_HEADER]
    return typeof given === 'string' && isOneOf(given, secrets)
  }
}
