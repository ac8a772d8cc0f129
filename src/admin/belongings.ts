import { AGENDA_USER, recoveryKey, withoutOwner } from '../account/agenda.js'
import type { Core, CoreUser } from '../account/core-client.js'
import { linksIn } from '../account/links.js'
import { PENDING_EMAIL } from '../account/pending-email.js'
import { textOf } from '../members.js'
import { toE164 } from '../phone/number.js'
import { storedForms } from '../phone/two-ways.js'
import { challengeIn } from '../second-factor/challenge.js'
import { areHoldersKnown, contactsIn, holdersIn, isEnrolling, knownHolders, releasedBy, STAYS } from '../second-factor/contact-users.js'
import { EMAIL_RECORD } from '../second-factor/factors/email/pinned-address.js'
import { PHONE_NUMBER, PHONE_RECORD } from '../second-factor/factors/sms/enrolled-phone.js'
import { isPlaceholder, pendingNames, pendingNumber } from '../second-factor/factors/sms/placeholder.js'
import type { Metadata } from '../second-factor/records.js'
import { dropCodes, eachOf, metadataOf, peopleOf, removeMetadata, removeUser, sessionOf, tenantsOf, usersWith } from './core-calls.js'

/** What the Core keeps of a person elsewhere than with the person's own user. */
export interface Belongings {
  tenantIds: string[]
  /** Numbers that the person signs in with, or waits for. */
  loginNumbers: string[]
  numbers: string[]
  addresses: string[]
  /** Users of phones and addresses, by id. */
  contacts: string[]
}

const unique = (texts: ReadonlyArray<string | undefined>): string[] => [...new Set(texts.filter((text) => text !== undefined))]

/** What was enrolled before a change, as the link that undoes it remembers. Apps can write there what is broken. */
function enrolledBefore (enrolled: unknown): unknown {
  try {
    return JSON.parse(String(enrolled)) as unknown
  } catch {
    return undefined
  }
}

/** Sessions that are looked at for a code on its way; the Core ends such codes by itself within a quarter of an hour. */
const MOST_SESSIONS = 200

/** Where codes are on their way to, by the person's sessions. Ask before these end. */
export async function askedFor (core: Core, userId: string): Promise<string[]> {
  const handles = (await core.sessionsOf(userId)).slice(-MOST_SESSIONS)
  const sessions = await eachOf(handles, (handle) => sessionOf(core, handle))
  return unique(sessions.map((session) => session && challengeIn(session.userDataInDatabase)?.address))
}

/** @param asked what {@link askedFor} has found */
export function belongingsOf ({ loginMethods }: CoreUser, metadata: Metadata, asked: readonly string[]): Belongings {
  const links = linksIn(metadata).map(({ data }) => data)
  const states = [metadata, ...links.map(({ enrolled }) => enrolledBefore(enrolled))]
  const names = unique(loginMethods.map(({ email }) => email))
  const loginNumbers = unique(names.map((name) => pendingNumber(name) ?? toE164(name)))
  return {
    tenantIds: unique(loginMethods.flatMap(({ tenantIds }) => tenantIds)),
    loginNumbers,
    numbers: unique([...loginNumbers, ...loginMethods.map(({ phoneNumber }) => phoneNumber), textOf(metadata[PHONE_NUMBER], 'number'), ...links.map((data) => textOf(data, 'phone')), ...asked.map((address) => toE164(address))]),
    addresses: unique([
      ...names.filter((name) => name.includes('@') && !isPlaceholder(name)),
      ...states.map((state) => textOf(state, EMAIL_RECORD)), ...links.map((data) => textOf(data, 'email')), textOf(metadata[PENDING_EMAIL], 'email'),
      ...asked.filter((address) => address.includes('@'))
    ]),
    contacts: unique([...contactsIn(metadata), ...states.map((state) => textOf(state, PHONE_RECORD))])
  }
}

/** Whether an account has this phone now, or can get it back by a link. */
const hasPhone = (metadata: Metadata, phoneUserId: string): boolean =>
  metadata[PHONE_RECORD] === phoneUserId || linksIn(metadata).some(({ data }) => textOf(enrolledBefore(data.enrolled), PHONE_RECORD) === phoneUserId)

/** Asks everybody: for phones that were enrolled before that was written down. Two calls for 500 people. */
async function findHolders (core: Core, phoneUserId: string): Promise<string[]> {
  const holders: string[] = []
  for (const tenantId of await tenantsOf(core)) {
    for await (const users of peopleOf(core, tenantId)) {
      const metadata = await metadataOf(core, users.map(({ id }) => id))
      holders.push(...users.filter((_user, index) => hasPhone(metadata[index]!, phoneUserId)).map(({ id }) => id))
    }
  }
  return holders
}

/** Whether another account has pinned this phone. If none has, nobody else can enrol it from now on. */
async function isHeldByOthers (core: Core, phone: CoreUser, ownerId: string): Promise<boolean> {
  if (!areHoldersKnown(await core.metadata(phone.id))) await core.update(phone.id, knownHolders(await findHolders(core, phone.id)))
  const noted = await core.update(phone.id, releasedBy(ownerId))
  const others = holdersIn(noted).filter((id) => id !== ownerId)
  const metadata = await metadataOf(core, others)
  if (!others.some((id, index) => isEnrolling(noted, id) || hasPhone(metadata[index]!, phone.id))) return false
  await core.update(phone.id, STAYS)
  return true
}

/** Phone + password: whether another account signs in with this number or, like this one, waits for it. */
async function isLoginOfOthers (core: Core, number: string, owner: CoreUser): Promise<boolean> {
  const waits = owner.loginMethods.some(({ email = '' }) => pendingNumber(email) !== undefined)
  const names = storedForms(number).flatMap((form) => [form, ...waits ? pendingNames(form) : []])
  for (const tenantId of unique(owner.loginMethods.flatMap(({ tenantIds }) => tenantIds))) {
    const found = await Promise.all(names.map((email) => usersWith(core, tenantId, { email })))
    if (found.flat().some(({ id }) => id !== owner.id)) return true
  }
  return false
}

const isContact = ({ loginMethods }: CoreUser): boolean => loginMethods.every(({ recipeId }) => recipeId === 'passwordless')

/** The users of the phones and addresses, by what is noted and by the numbers and addresses themselves. */
async function contactUsers (core: Core, { tenantIds, numbers, addresses, contacts }: Belongings): Promise<CoreUser[]> {
  const noted = await Promise.all(contacts.map((id) => core.findUser(id)))
  const named = [...numbers.flatMap(storedForms).map((phoneNumber) => ({ phoneNumber })), ...addresses.map((email) => ({ email }))]
  const found = await Promise.all(tenantIds.flatMap((tenantId) => named.map((one) => usersWith(core, tenantId, one))))
  const users = [...noted, ...found.flat()].filter((user) => user !== undefined).filter(isContact)
  return [...new Map(users.map((user) => [user.id, user])).values()]
}

/**
 * Deletes what the Core keeps of a person elsewhere: SuperTokens' users of the phones and addresses, codes on their way, and what
 * the service was yet to tell. A phone that another account has as well stays. It can be repeated at any time.
 *
 * Do it before the person's own user is deleted, whose metadata says what there is, and once the person gets no sessions any more.
 *
 * @returns how many phones have stayed
 */
export async function removeBelongings (core: Core, owner: CoreUser, belongings: Belongings): Promise<number> {
  const { tenantIds, loginNumbers, numbers, addresses } = belongings
  const kept = new Set<string>()
  for (const number of loginNumbers) if (await isLoginOfOthers(core, number, owner)) kept.add(number)
  for (const contact of await contactUsers(core, belongings)) {
    const number = contact.loginMethods.find(({ phoneNumber }) => phoneNumber !== undefined)?.phoneNumber
    const isLogin = loginNumbers.some((login) => storedForms(login).includes(number ?? ''))
    if (number !== undefined && (isLogin ? kept.has(toE164(number) ?? number) : await isHeldByOthers(core, contact, owner.id))) kept.add(number)
    else await removeUser(core, contact.id)
  }
  const to = [...numbers.filter((number) => !kept.has(number)).flatMap(storedForms).map((phoneNumber) => ({ phoneNumber })), ...addresses.map((email) => ({ email }))]
  await Promise.all(tenantIds.flatMap((tenantId) => to.map((one) => dropCodes(core, tenantId, one))))
  await core.update(AGENDA_USER, { [recoveryKey(owner.id)]: null, ...withoutOwner(await core.metadata(AGENDA_USER), owner.id) })
  return kept.size
}

/** Once more, for what was written while the person's user was being deleted. */
export async function sweepAfter (core: Core, userId: string): Promise<void> {
  const handles = await core.sessionsOf(userId)
  if (handles.length > 0) await core.endSessionsBy(handles)
  await removeMetadata(core, userId)
}
