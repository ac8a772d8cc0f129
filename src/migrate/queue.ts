import type { ImportableUser } from '../embedded-core/index.js'
import { bodyOf, type CoreClient } from './core-client.js'

/** The most users that a Core lists or removes at a time. */
const PAGE = 500

export interface Queued extends ImportableUser {
  /** The id within the queue. */
  id: string
  status?: 'NEW' | 'PROCESSING' | 'FAILED'
  errorMessage?: string
}

/** Goes through the Core's queue, or through those of one status in it. */
export async function * readQueue (core: CoreClient, status?: 'FAILED'): AsyncGenerator<Queued> {
  let token: string | undefined
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(status !== undefined && { status }), ...(token !== undefined && { paginationToken: token }) })
    const page: { users: Queued[], nextPaginationToken?: string } = bodyOf(await core('GET', `/bulk-import/users?${query.toString()}`))
    yield * page.users
    token = page.nextPaginationToken
  } while (token !== undefined)
}

/** Takes users out of the queue, which holds their hashes. */
export async function removeFromQueue (core: CoreClient, ids: string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += PAGE) bodyOf(await core('POST', '/bulk-import/users/remove', { ids: ids.slice(at, at + PAGE) }))
}
