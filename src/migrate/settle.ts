import { setTimeout as sleep } from 'node:timers/promises'
import { ImportStalled } from '../errors.js'
import type { ImportableUser } from '../embedded-core/index.js'
import { bodyOf, type CoreClient } from './core-client.js'
import { accountKey, userKey } from './identity.js'
import { readUsers } from './lines.js'
import { failureOf, type UserLine } from './send.js'
import type { Failure } from './state.js'

/** The most users that a Core lists or removes at a time. */
const PAGE = 500
const FIRST_POLL_MS = 100
const LAST_POLL_MS = 1000

/**
 * Waits until the Core's queue is empty. The real Core checks its queue every five minutes and then works it off.
 * `patience` is in milliseconds.
 *
 * @throws ImportStalled if the queue has not become shorter for that long
 */
export async function waitForQueue (core: CoreClient, patience: number, onProgress: (waiting: number) => void): Promise<void> {
  const count = async (status: string) => bodyOf<{ count: number }>(await core('GET', `/bulk-import/users/count?status=${status}`)).count
  let least = Infinity
  let since = Date.now()
  for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * 1.5, LAST_POLL_MS)) {
    // In this order, a user who moves from NEW to PROCESSING between the two is counted twice, not missed.
    const waiting = await count('NEW') + await count('PROCESSING')
    onProgress(waiting)
    if (waiting === 0) return
    if (waiting < least) {
      least = waiting
      since = Date.now()
    } else if (Date.now() - since >= patience) {
      throw new ImportStalled(`${waiting} users are waiting in the Core's queue, and it has processed none for ${Math.round(patience / 1000)} s. They are safe there. Run the command again to see what became of them.`)
    }
    await sleep(delay)
  }
}

interface Queued extends ImportableUser { id: string, errorMessage?: string }
export interface Failed { ids: string[], message: string }

/** Users in the queue whose import failed, under the `userKey` that finds them in the file. */
export async function listFailed (core: CoreClient): Promise<Map<string, Failed>> {
  const failed = new Map<string, Failed>()
  let token: string | undefined
  do {
    const page: { users: Queued[], nextPaginationToken?: string } = bodyOf(await core('GET',
      `/bulk-import/users?status=FAILED&limit=${PAGE}${token === undefined ? '' : `&paginationToken=${encodeURIComponent(token)}`}`))
    for (const user of page.users) {
      const key = userKey(user)
      failed.set(key, { ids: [...failed.get(key)?.ids ?? [], user.id], message: user.errorMessage ?? 'the Core gives no reason' })
    }
    token = page.nextPaginationToken
  } while (token !== undefined)
  return failed
}

interface CoreUser { id: string, loginMethods: Array<{ recipeId: 'emailpassword' | 'thirdparty' | 'passwordless', email?: string, phoneNumber?: string, thirdParty?: { id: string, userId: string } }> }

/**
 * Whether the Core has this very user, with the same id and login methods. If so, the failed one was a second copy,
 * from a batch whose acknowledgement was lost or from an earlier run.
 */
async function isThere (core: CoreClient, { externalUserId, loginMethods }: ImportableUser): Promise<boolean> {
  if (typeof externalUserId !== 'string') return false
  const { user } = bodyOf<{ user?: CoreUser }>(await core('GET', `/user/id?userId=${encodeURIComponent(externalUserId.trim())}`))
  const accounts = new Set(user?.loginMethods.map(({ thirdParty, ...method }) =>
    accountKey({ ...method, ...(thirdParty !== undefined && { thirdPartyId: thirdParty.id, thirdPartyUserId: thirdParty.userId }) })))
  return user?.id === externalUserId.trim() && loginMethods.every((method) => accounts.has(accountKey(method)))
}

const AT_ONCE = 8

/**
 * Sorts failed lines into users that are in the Core all the same and real failures. `ids` holds the queue ids of
 * both, which the caller must remove from the queue, since their hashes are in it.
 */
export async function settleFailed (core: CoreClient, file: string, failed: Map<string, Failed>, onProgress: (done: number) => void): Promise<{ failures: Failure[], alreadyThere: number, ids: string[] }> {
  const failures: Failure[] = []
  const ids: string[] = []
  let alreadyThere = 0
  let lines: UserLine[] = []
  const flush = async () => {
    const there = await Promise.all(lines.map(({ user }) => isThere(core, user)))
    for (const [index, line] of lines.entries()) {
      const { message, ids: own } = failed.get(userKey(line.user)) as Failed
      if (there[index] === true) alreadyThere++
      else failures.push(failureOf(line, message))
      ids.push(...own)
    }
    lines = []
    onProgress(failures.length + alreadyThere)
  }
  if (failed.size > 0) {
    for await (const line of readUsers(file)) {
      if (!('user' in line) || !failed.has(userKey(line.user))) continue
      lines.push(line)
      if (lines.length === AT_ONCE) await flush()
    }
    await flush()
  }
  return { failures, alreadyThere, ids: [...new Set(ids)] }
}

export async function removeFromQueue (core: CoreClient, ids: string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += PAGE) bodyOf(await core('POST', '/bulk-import/users/remove', { ids: ids.slice(at, at + PAGE) }))
}
