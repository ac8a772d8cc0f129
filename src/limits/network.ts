import { isIPv6 } from 'node:net'
import type { UserContext } from 'supertokens-node/types'
import { requestOf } from '../supertokens/sdk.js'

/** Parses an IPv6 address, in any notation, into its eight groups. */
function groupsOf (address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const read = (part: string): number[] => part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  if (tail === undefined) return read(head)
  const [before, after] = [read(head), read(tail)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** Clients of a host that listens on a unix socket have no address. They count as one network. */
const LOCAL = 'local'

/**
 * The network that requests from an IP address are counted for: the IPv4 address itself, even when written as IPv6, or
 * the /64 of an IPv6 address. A client is assigned a whole /64 and could use a new address for every request.
 */
export function networkOf (ip: string | undefined): string {
  if (ip === undefined) return LOCAL
  const [address = ''] = ip.split('%')
  if (!isIPv6(address)) return ip
  const groups = groupsOf(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  const [high = 0, low = 0] = groups.slice(6)
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups.slice(0, 4).map((group) => group.toString(16)).join(':')}::/64`
}

/**
 * The network of the client whose request a recipe is handling. Calls by the host itself have no client and all count
 * as `host`.
 */
export function networkOfRequest (userContext: UserContext): string {
  const request = requestOf(userContext)
  return request === undefined ? 'host' : networkOf(request.ip)
}
