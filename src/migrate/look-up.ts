import type { ImportableMethod, ImportableUser } from '../embedded-core/index.js'
import { addressClaimsOf, askableId, idTaken, type CoreUser } from './claims.js'
import { bodyOf, type CoreClient } from './core-client.js'
import { accountKey } from './identity.js'

/** Whether the Core has this very user, or somebody else with an id or an address of it. */
export type Found = 'nobody' | 'there' | { conflict: string }

/**
 * Looks a user up before it is sent. The queue of a Core on PostgreSQL imports none of a batch as long as one of it is
 * taken, and finds out about one per run, which is every five minutes.
 */
export async function lookUp (core: CoreClient, user: ImportableUser): Promise<Found> {
  const id = askableId(user)
  if (id !== undefined) {
    const { user: holder } = bodyOf<{ user?: CoreUser }>(await core('GET', `/user/id?${new URLSearchParams({ userId: id }).toString()}`))
    if (holder !== undefined) return isSame(id, user, holder) ? 'there' : { conflict: `${idTaken(id)}, with other login methods` }
  }
  // Without an id, a user with the same address may be a stranger, even one who signed up to be taken for this one.
  const answers = new Map<string, CoreUser[]>()
  for (const { question, isHeldBy, message } of addressClaimsOf(user)) {
    const holders = answers.get(question) ?? await ask(core, question)
    if (holders.some(isHeldBy)) return { conflict: message }
    answers.set(question, holders)
  }
  return 'nobody'
}

async function ask (core: CoreClient, question: string): Promise<CoreUser[]> {
  const answer = await core('GET', question)
  // Nobody is in a tenant that does not exist. The Core says so when it gets the user.
  return answer.status === 400 ? [] : bodyOf<{ users?: CoreUser[] }>(answer).users ?? []
}

function isSame (id: string, { loginMethods }: ImportableUser, holder: CoreUser): boolean {
  const accounts = new Set(holder.loginMethods.map(({ thirdParty, ...method }) =>
    accountKey({ ...method, ...(thirdParty !== undefined && { thirdPartyId: thirdParty.id, thirdPartyUserId: thirdParty.userId }) })))
  return holder.id === id && loginMethods.every((method: ImportableMethod) => accounts.has(accountKey(method)))
}

const AT_ONCE = 8

/** Looks several users up. The answers are in the order of the users. */
export async function lookUpAll (core: CoreClient, users: ImportableUser[]): Promise<Found[]> {
  const found: Found[] = []
  for (let at = 0; at < users.length; at += AT_ONCE) {
    found.push(...await Promise.all(users.slice(at, at + AT_ONCE).map((user) => lookUp(core, user))))
  }
  return found
}

/** Whether nobody can be found because nobody is there. Saves an import into a new Core all look-ups. */
export async function hasNoUsers (core: CoreClient): Promise<boolean> {
  return bodyOf<{ count?: number }>(await core('GET', '/users/count?includeAllTenants=true')).count === 0
}
