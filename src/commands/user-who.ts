import type { Core } from '../account/core-client.js'
import { toE164 } from '../phone/number.js'
import { storedForms } from '../phone/two-ways.js'
import { failure } from './command.js'

/** Where accounts are looked up. */
export interface Place {
  tenantId: string
  byPhone: boolean
}

/** The login names that a person at the terminal may mean; none for an id. */
function loginsOf (who: string, { byPhone }: Place): string[] {
  if (who.includes('@')) return [who.trim().toLowerCase()]
  const number = who.startsWith('+') ? toE164(who) : undefined
  if (number === undefined) return []
  if (!byPhone) throw failure('Accounts sign in with an e-mail address here, and cannot be found by a phone number. Name the address or the id.', 1)
  return storedForms(number)
}

/** The id of the account that `who` names: by its id, its e-mail address, or its number where that is the login. */
export async function findWho (core: Core, who: string, place: Place): Promise<string> {
  const logins = loginsOf(who, place)
  if (logins.length === 0) return who
  const found = (await Promise.all(logins.map((login) => core.findUsers(login, place.tenantId)))).flat()
    .filter(({ loginMethods }) => loginMethods.some(({ recipeId }) => recipeId !== 'passwordless'))
  const [user, ...others] = found
  if (user === undefined) throw failure(`There is no account of ${who}. Check how it is written, or name the id.`, 1)
  // An address can have a password account and social logins, each an account of its own.
  if (others.length > 0) throw failure(`There are several accounts of ${who}. Name one by its id: ${found.map(({ id }) => id).join(', ')}.`, 1)
  return user.id
}
