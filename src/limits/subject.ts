import { domainToASCII } from 'node:url'

/** A login name or an address as the Core looks it up, so that two spellings of it are counted together. */
export const subjectOf = (typed: string): string => typed.trim().toLowerCase()

/** Providers that deliver `a.b@` and `ab@` to the same mailbox. */
const DOTLESS = new Set(['gmail.com', 'proton.me', 'protonmail.com', 'pm.me'])
const SAME_DOMAIN: Record<string, string> = { 'googlemail.com': 'gmail.com' }

/**
 * The mailbox that an address is most likely delivered to: `"v.ictim+1"@googlemail.com` is `victim@gmail.com`. Otherwise
 * somebody has as many mails sent to a victim as there are tags (RFC 5233). Only for counting: elsewhere, two addresses
 * are two people.
 */
export function mailboxOf (typed: string): string {
  const address = subjectOf(typed).normalize('NFKC')
  const at = address.lastIndexOf('@')
  if (at < 0) return address
  const typedDomain = address.slice(at + 1).replace(/\.$/, '')
  const ascii = domainToASCII(typedDomain) || typedDomain
  const domain = SAME_DOMAIN[ascii] ?? ascii
  const local = address.slice(0, at)
  const unquoted = /^"(.*)"$/s.exec(local)?.[1]?.replace(/\\(.)/gs, '$1') ?? local
  const [untagged = ''] = unquoted.split('+')
  const name = DOTLESS.has(domain) ? untagged.replaceAll('.', '') : untagged
  return `${name || unquoted}@${domain}`
}
