import { isIP, isIPv6 } from 'node:net'
import type { UserContext } from 'supertokens-node/types'
import { requestOf } from '../supertokens/sdk.js'

/** A network that requests are counted for. */
export interface Network {
  /** For example `192.0.2.1` or `2001:db8:1:2::/64`. */
  name: string
  /** How many times the limit of one client address applies to it. */
  share: number
}

type Groups = readonly number[]

/**
 * IPv6 addresses that stand for an IPv4 address, with the place of its two groups. Whoever has the IPv4 address has all
 * of these too, and must not be counted anew for each.
 */
const EMBEDDED_IPV4: { prefix: Groups, at: number, inverted?: true }[] = [
  // IPv4-mapped (RFC 4291): what a dual-stack socket reports.
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  // IPv4-translated (RFC 2765) and NAT64 (RFC 6052): IPv4 clients of a server that has IPv6 only.
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  // 6to4 (RFC 3056): a /48 for every IPv4 address.
  { prefix: [0x2002], at: 1 },
  // Teredo (RFC 4380): the public address of the client's NAT. The /64 would be that of a server with many clients.
  { prefix: [0x2001, 0], at: 6, inverted: true }
]

/** Parses an IPv6 address, in any notation, into its eight groups. */
function groupsOf (address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const read = (part: string): number[] => part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  if (tail === undefined) return read(head)
  const [before, after] = [read(head), read(tail)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function embeddedIPv4 (groups: Groups): string | undefined {
  const found = EMBEDDED_IPV4.find(({ prefix }) => prefix.every((group, index) => group === groups[index]))
  if (found === undefined) return undefined
  const [high = 0, low = 0] = groups.slice(found.at).map((group) => found.inverted === true ? group ^ 0xffff : group)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The prefix of an address. `bits` is at most 64. */
function prefixOf (groups: Groups, bits: number): string {
  const kept = groups.slice(0, 4).map((group, index) => group & (0xffff << Math.max(0, 16 * (index + 1) - bits)))
  return `${kept.map((group) => group.toString(16)).join(':')}::/${bits}`
}

/** Some proxies put the port of the client, or the zone of a link, into `X-Forwarded-For`. Both change at will. */
function withoutPort (ip: string): string {
  const [address = ''] = ip.split('%')
  if (isIP(address) !== 0) return address
  return /^\[(.+)\](?::\d+)?$/.exec(ip)?.[1]?.split('%')[0] ?? address.replace(/:\d+$/, '')
}

/** The address of a client on a unix socket, where one has to be named. */
export const LOCAL = 'local'

/**
 * The address of a client as it can be written down; undefined for what is none. Where `trustProxy` is true, clients write
 * whatever they want there, as long as a header may be.
 */
export function addressOf (ip: string | undefined): string | undefined {
  const address = withoutPort(ip ?? '')
  return ip === LOCAL || isIP(address) !== 0 ? address : undefined
}

/** From the narrowest to the widest. */
export type Networks = readonly [Network, ...Network[]]

const only = (name: string): Networks => [{ name, share: 1 }]

/**
 * The networks that requests from an IP address are counted for.
 *
 * An IPv6 client is assigned a whole /64 and could use a new address for every request. A household often has a /56, a
 * site or a rented server a /48: 256 and 65,536 times a /64. But a mobile carrier has as many phones behind the same
 * prefixes. So the wider networks get more, though not much: still more than IPv4 clients behind a carrier's NAT,
 * thousands of whom share one address.
 *
 * An IPv4 address counts as itself, however it is written. There is no wider network: a /24 belongs to 256 unrelated
 * customers as a rule, and its addresses cost money.
 *
 * @param ip undefined for a client on a unix socket: all of them count as `local`. What is no address counts as one too,
 * so that a client that can write anything there has no more than one.
 */
export function networksOf (ip: string | undefined): Networks {
  if (ip === undefined || ip === LOCAL) return only(LOCAL)
  const address = withoutPort(ip)
  if (isIP(address) === 0) return only('unknown')
  if (!isIPv6(address)) return only(address)
  const groups = groupsOf(address)
  const ipv4 = embeddedIPv4(groups)
  if (ipv4 !== undefined) return only(ipv4)
  const network = (bits: number, share: number): Network => ({ name: prefixOf(groups, bits), share })
  return [network(64, 1), network(56, 2), network(48, 4)]
}

/** The network of an address, for whoever is not to know the address itself: a /24 of IPv4, a /48 of IPv6. */
export function maskNetwork (address: string): string {
  const { name } = networksOf(address).at(-1)!
  return name.replace(/^(\d+\.\d+\.\d+\.)\d+$/, '$1•••').replace(/:0::\/48$/, '::/48')
}

/**
 * The network at which a person is known again: an IPv4 address or a /56.
 *
 * A /64 would be too narrow: a phone that changes from the Wi-Fi for guests to the other, or a router that restarts, has
 * another one. A /56 is what one customer gets at most where providers follow RIPE-690, and behind a mobile carrier it is
 * 256 phones, fewer than behind an IPv4 address of one. Whoever is there by chance still needs the password.
 */
export function homeOf (networks: Networks): string {
  return (networks[1] ?? networks[0]).name
}

/**
 * The networks of the client whose request a recipe is handling. Calls by the host itself have no client and all count
 * as `host`.
 */
export function networksOfRequest (userContext: UserContext): Networks {
  const request = requestOf(userContext)
  return request === undefined ? only('host') : networksOf(request.ip)
}
