import { MAIL_ADDRESS } from '../../../delivery/mail/address.js'
import { subjectOf } from '../../../limits/subject.js'

const DOTS = '•••'

/** Shows enough of an address to recognise it, never all of it: `a•••@example.com`. */
export function maskAddress (address: string): string {
  return `${address.charAt(0)}${DOTS}${address.slice(address.lastIndexOf('@'))}`
}

/** Whether a text is an address as {@link maskAddress} shows it. No mail goes to such an address. */
export const isMasked = (text: string): boolean => text.includes(DOTS)

/** An address as the Core keeps it; undefined if no mail can go there. */
export function toAddress (typed: string): string | undefined {
  const address = subjectOf(typed)
  return MAIL_ADDRESS.test(address) && !isMasked(address) ? address : undefined
}
