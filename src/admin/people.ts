import type { CoreUser } from '../account/core-client.js'
import type { Operations } from '../account/operator.js'
import { operationRefused } from '../account/refusals.js'
import { OperationRefused } from '../errors.js'
import { fits } from '../lengths.js'
import { toE164 } from '../phone/number.js'
import { storedForms } from '../phone/two-ways.js'
import { holdersIn } from '../second-factor/contact-users.js'
import { PHONE_RECORD } from '../second-factor/factors/sms/enrolled-phone.js'
import { isPlaceholder, pendingNumber } from '../second-factor/factors/sms/placeholder.js'
import { eachOf, FIRST_FACTORS, MOST_FOUND, MOST_IN_PAGE, metadataOf, pageOfPeople, searchUsers, type Order } from './core-calls.js'

/** One way in which a person signs in. What they sign in with is whole: without it, nobody recognises them. */
export interface PersonLogin {
  recipe: 'emailpassword' | 'thirdparty' | 'passwordless'
  email?: string
  /** Phone + password: the login. Otherwise a phone that another system has linked. */
  phone?: string
  /** Whether the number was claimed and has not answered a code yet, or was lost to whoever answered one. */
  number?: 'pending' | 'lost'
  /** Of a social login, such as `google`. */
  provider?: string
  /** Whether the address is verified. */
  verified: boolean
  tenantIds: string[]
  /** In milliseconds since 1970. */
  since?: number
}

export interface Person {
  userId: string
  /** When the person signed up, in milliseconds since 1970. */
  joinedAt: number
  tenantIds: string[]
  logins: PersonLogin[]
}

export interface PeopleQuery {
  /** @default 'public' */
  tenantId?: string | undefined
  /**
   * The beginning of an e-mail address or of its domain, of a number, or a whole id. A number finds people whose login it is,
   * and those who have pinned it now, since a release that writes that down.
   * @default everybody
   */
  search?: string | undefined
  /** By the time of sign-up. @default 'newest' */
  order?: Order | undefined
  /** 1 to 500. @default 100 */
  limit?: number | undefined
  /** `next` of the page before, of a query with the same order and search. @default the first page */
  cursor?: string | undefined
}

export interface PeoplePage {
  people: Person[]
  /** Names the next page. Absent at the end. */
  next?: string
  /** A search that found as many as the Core looks up: there may be more. Search for more of the name. */
  incomplete?: true
}

export const isPerson = ({ loginMethods }: CoreUser): boolean => loginMethods.some(({ recipeId }) => FIRST_FACTORS.includes(recipeId))

function loginOf ({ recipeId, email, phoneNumber, thirdParty, verified, tenantIds, timeJoined }: CoreUser['loginMethods'][number]): PersonLogin {
  const waiting = pendingNumber(email ?? '')
  const number = recipeId === 'emailpassword' ? waiting ?? toE164(email ?? '') : phoneNumber
  const isLost = waiting === undefined && email !== undefined && isPlaceholder(email)
  return {
    recipe: recipeId as PersonLogin['recipe'],
    ...(number === undefined ? !isLost && email !== undefined && { email } : { phone: number }),
    ...(waiting === undefined ? isLost && { number: 'lost' } : { number: 'pending' }),
    ...(thirdParty !== undefined && { provider: thirdParty.id }),
    verified: verified ?? false,
    tenantIds,
    ...(timeJoined !== undefined && { since: timeJoined })
  }
}

export function personOf (user: CoreUser): Person {
  const times = user.loginMethods.flatMap(({ timeJoined }) => timeJoined ?? [])
  return {
    userId: user.id,
    joinedAt: user.timeJoined ?? (times.length === 0 ? 0 : Math.min(...times)),
    tenantIds: [...new Set(user.loginMethods.flatMap(({ tenantIds }) => tenantIds))],
    logins: user.loginMethods.map(loginOf)
  }
}

/** Whoever was found comes in this order; ids tell apart who joined in the same moment. */
const isBefore = (order: Order) => (one: Person, other: Person): number =>
  (order === 'newest' ? -1 : 1) * (one.joinedAt - other.joinedAt || (one.userId < other.userId ? -1 : one.userId > other.userId ? 1 : 0))

const CURSOR = /^(\d{1,16})\.(.{1,256})$/s
const cursorAt = ({ joinedAt, userId }: Person): string => Buffer.from(`${joinedAt}.${userId}`).toString('base64url')

function readCursor (cursor: string): Person {
  const [, joinedAt, userId] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (userId === undefined) throw operationRefused('no-search', 'This is no cursor of a search.')
  return { joinedAt: Number(joinedAt), userId, tenantIds: [], logins: [] }
}

/**
 * People who have pinned a phone now, by what is noted with the users of phones. Not those who once had it: numbers are given to
 * others, and a helpdesk that finds an account by the number of whoever calls takes them for its owner.
 */
async function holdersOf ({ core }: Operations, phones: readonly CoreUser[]): Promise<CoreUser[]> {
  const looked = phones.slice(0, MOST_IN_PAGE).map(({ id }) => id)
  const notes = await metadataOf(core, looked)
  const noted = new Map<string, string[]>()
  for (const [index, note] of notes.entries()) for (const holder of holdersIn(note)) noted.set(holder, [...noted.get(holder) ?? [], looked[index]!])
  const ids = [...noted.keys()].slice(0, MOST_FOUND)
  const holders: string[] = []
  for (let from = 0; from < ids.length; from += MOST_IN_PAGE) {
    const page = ids.slice(from, from + MOST_IN_PAGE)
    const metadata = await metadataOf(core, page)
    holders.push(...page.filter((id, index) => noted.get(id)!.some((phoneUserId) => metadata[index]![PHONE_RECORD] === phoneUserId)))
  }
  return (await eachOf(holders, (id) => core.findUser(id))).filter((user) => user !== undefined)
}

/** Digits as people write them, with a + or not: the beginning of a number. */
const NUMBER = /^\+[\d ()./-]{2,30}$/

/** All that the search finds, people and others. */
async function found (operations: Operations, search: string, tenantId: string, order: Order, isWhole: boolean): Promise<{ users: CoreUser[], incomplete: boolean }> {
  const { core, byPhone } = operations
  if (search.includes(';')) throw operationRefused('one-name', 'Search for one name at a time.')
  const known = /[@\s+]/.test(search) || !fits(search, 128) ? undefined : await core.findUser(search)
  if (known !== undefined) return { users: [known], incomplete: false }
  if (!NUMBER.test(search)) {
    const users = await searchUsers(core, tenantId, { email: search.toLowerCase() }, order)
    return { users, incomplete: users.length >= MOST_FOUND }
  }
  const digits = `+${search.replace(/\D/g, '')}`
  const beginnings = [...new Set([digits, ...storedForms(digits)])]
  const users = (await Promise.all(beginnings.map((one) => searchUsers(core, tenantId, byPhone ? { email: one } : { phone: one }, order)))).flat()
  const incomplete = users.length >= MOST_FOUND
  // The number of a phone that is a second factor is in no answer, so nobody could tell there whether it was meant.
  const phones = isWhole ? users.filter(({ loginMethods }) => loginMethods.some(({ phoneNumber = '' }) => beginnings.includes(phoneNumber))) : users
  return { users: byPhone ? users : [...phones, ...await holdersOf(operations, phones.filter((user) => !isPerson(user)))], incomplete }
}

/** The Core answers 400 to a tenant that it does not have, and to a token that is none of its own. */
async function refusing<Found> (finding: Promise<Found>): Promise<Found> {
  return await finding.catch((err: unknown) => {
    if (err instanceof Error && 'status' in err && err.status === 400) throw operationRefused('no-search', 'The Core refuses this search. Check the tenant and the cursor.')
    throw err
  })
}

/**
 * People of a tenant, a page at a time. Users whom the Core keeps for the phones and addresses that get codes are no people.
 * Pages stay as they are while people sign up.
 *
 * A page costs one call to the Core. A search costs a few, and finds at most a thousand.
 *
 * @param isWhole whether a number finds only who has exactly this one
 * @throws AUTH_OPERATION_REFUSED for a query that makes no sense
 */
export async function listPeople (operations: Operations, { tenantId = 'public', search = '', order = 'newest', limit = 100, cursor }: PeopleQuery = {}, isWhole = false): Promise<PeoplePage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_IN_PAGE) throw new OperationRefused(`A page has 1 to ${MOST_IN_PAGE} people.`)
  if (order !== 'newest' && order !== 'oldest') throw new OperationRefused('The order is newest or oldest.')
  const text = search.trim()
  if (!fits(text)) throw operationRefused('no-search', 'Nothing that one can search for is so long.')
  if (text === '') {
    const { users, next } = await refusing(pageOfPeople(operations.core, tenantId, { order, limit, from: cursor }))
    return { people: users.map(personOf), ...(next !== undefined && { next }) }
  }
  const { users, incomplete } = await refusing(found(operations, text, tenantId, order, isWhole))
  const from = cursor === undefined ? undefined : readCursor(cursor)
  const unique = [...new Map(users.filter(isPerson).map((user) => [user.id, personOf(user)])).values()]
    .filter((person) => person.tenantIds.includes(tenantId) && (from === undefined || isBefore(order)(from, person) < 0))
    .sort(isBefore(order))
  const people = unique.slice(0, limit)
  return { people, ...(unique.length > limit && { next: cursorAt(people.at(-1)!) }), ...(incomplete && { incomplete }) }
}
