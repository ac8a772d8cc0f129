import { isIP } from 'node:net'
import { isLoopback } from '../../../loopback.js'
import type { PasskeyFactorOptions } from './options.js'

/** Who passkeys are made for (WebAuthn, section 5.1.3). */
export interface RelyingParty {
  /** A domain. Browsers make and use its passkeys on it and on its subdomains only. */
  id: string
  /** The pages whose answers count. Subdomains that are no website of the app, such as a customer's page, do not. */
  origins: string[]
}

type Facts = Pick<PasskeyFactorOptions, 'passkeyRpId'> & { websiteDomains: readonly string[] }

/** A host name in lower case, as browsers compare it. */
export function isDomain (text: unknown): text is string {
  return typeof text === 'string' && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && text.length <= 253 && isIP(text) === 0
}

const hostOf = (origin: string): string => new URL(origin).hostname

function fits (id: string, host: string): boolean {
  return host === id || host.endsWith(`.${id}`)
}

/** Why passkeys cannot work on a website; undefined if they can. */
function problemOf (origin: string, id: string): string | undefined {
  const { protocol, hostname: host } = new URL(origin)
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return `passkeys need a domain, and ${origin} is an address: use a name, such as localhost`
  if (protocol !== 'https:' && !isLoopback(host)) return `browsers have passkeys on https:// only, and ${origin} is not`
  if (!fits(id, host)) return `the RP ID ${id} is neither the host of ${origin} nor a parent domain of it: name one that all websites share`
  return undefined
}

/**
 * Whether browsers will make passkeys on every website. Otherwise the factor would fail for people on one of them, and a
 * passkey made on one would be unknown on the next.
 */
export function relyingPartyProblems ({ passkeyRpId, websiteDomains }: Facts): string[] {
  const [website = ''] = websiteDomains
  const id = passkeyRpId ?? hostOf(website)
  // A name without a dot, such as `com`, belongs to no website, except where it is the whole host.
  if (!id.includes('.') && !websiteDomains.some((origin) => hostOf(origin) === id)) return [`the RP ID must be a domain such as ${hostOf(website)}`]
  return websiteDomains.map((origin) => problemOf(origin, id)).filter((problem) => problem !== undefined)
}

export function relyingPartyOf ({ passkeyRpId, appInfo: { websiteDomains } }: Pick<PasskeyFactorOptions, 'passkeyRpId' | 'appInfo'>): RelyingParty {
  return { id: passkeyRpId ?? hostOf(websiteDomains[0]), origins: [...websiteDomains] }
}
