import type { PeoplePage, Person } from '../admin/people.js'
import type { AuditEvent } from '../audit/event.js'
import { maskNetwork } from '../limits/network.js'
import { maskPhoneNumber, toE164 } from '../phone/number.js'
import { maskAddress } from '../second-factor/factors/email/address.js'
import type { Actor } from './gate.js'
import { may, type AdminRole } from './roles.js'

type Login = Person['logins'][number]

const masked = ({ email, phone, ...login }: Login): Login => ({
  ...login,
  ...(email !== undefined && { email: maskAddress(email) }),
  ...(phone !== undefined && { phone: maskPhoneNumber(phone) })
})

/** A person as this role sees them: whole addresses and numbers are for admins. */
export function seenBy<Seen extends Person> (role: AdminRole, person: Seen): Seen {
  return may(role, 'see-unmasked') ? person : { ...person, logins: person.logins.map(masked) }
}

/** Whether what this role searches for has to be whole. */
export const findsWholeOnly = (role: AdminRole): boolean => !may(role, 'see-unmasked')

/**
 * What this role finds by a search. Who sees masked addresses finds only whole ones: by beginnings, they would be read letter
 * by letter.
 */
export function foundBy (role: AdminRole, search: string | undefined, { people, next, incomplete }: PeoplePage): PeoplePage {
  if (!findsWholeOnly(role)) return { people, ...(next !== undefined && { next }), ...(incomplete && { incomplete }) }
  const seen = (found: readonly Person[]): Person[] => found.map((person) => seenBy(role, person))
  if (search === undefined || search.trim() === '') return { people: seen(people), ...(next !== undefined && { next }) }
  const whole = search.trim().toLowerCase()
  const number = toE164(whole)
  const isWhole = ({ userId, logins }: Person): boolean =>
    userId === search.trim() || logins.some(({ email, phone }) => email?.toLowerCase() === whole || (number !== undefined && phone === number)) ||
    // A phone that is the second factor: what has been found does not name it, and was found by the whole of it.
    (number !== undefined && logins.every(({ phone }) => phone === undefined))
  return { people: seen(people.filter(isWhole)) }
}

/**
 * An audit event as they see it. Clients' addresses are whole for admins alone, as people's are. Where an operator of somebody
 * else's did something to a person of their tenant, that operator's address is not for them.
 */
export function eventSeenBy ({ role, tenantId, by }: Pick<Actor, 'role' | 'tenantId' | 'by'>, { address, ...event }: AuditEvent): AuditEvent {
  if (address === undefined || (tenantId !== undefined && event.actor !== undefined && event.actor !== by)) return event
  return { ...event, address: may(role, 'see-unmasked') ? address : maskNetwork(address) }
}
