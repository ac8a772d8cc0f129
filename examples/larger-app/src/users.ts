import createError from '@fastify/error'
import type { FastifyRequest } from 'fastify'
import { sessionOf } from 'fastify-2fa'
import { deleteUser, getUser, Session } from 'fastify-2fa/supertokens'
import type { Pool } from 'pg'
import { Type } from 'typebox'

export interface User {
  id: string
  authUserId: string
  displayName: string | null
}

/** PostgreSQL holds no NUL. */
export const DisplayName = Type.String({ minLength: 1, maxLength: 80, pattern: '^[^\\u0000]*$' })

const COLUMNS = 'id, auth_user_id as "authUserId", display_name as "displayName"'

const AccountGone = createError('SHOP_ACCOUNT_GONE', 'This account does not exist any more', 401)

/** The row of an account. Twice is once: sign-up and first sight may meet. */
export async function addUser (db: Pool, authUserId: string): Promise<void> {
  await db.query('insert into users (auth_user_id) values ($1) on conflict do nothing', [authUserId])
}

export async function findUser (db: Pool, authUserId: string): Promise<User | undefined> {
  const { rows: [user] } = await db.query<User>(`select ${COLUMNS} from users where auth_user_id = $1`, [authUserId])
  return user
}

export async function listUsers (db: Pool): Promise<User[]> {
  return (await db.query<User>(`select ${COLUMNS} from users order by id limit 100`)).rows
}

export async function renameUser (db: Pool, user: User, displayName: string): Promise<User> {
  await db.query('update users set display_name = $2 where id = $1', [user.id, displayName])
  return { ...user, displayName }
}

/**
 * Who asks, from the session alone. Accounts that were imported, or whose sign-up was interrupted, get their row here.
 *
 * @throws SHOP_ACCOUNT_GONE: a token lives on for a while where the end of its session is not known, such as on another
 * replica, and must not bring a removed account's row back
 */
export async function userOf (request: FastifyRequest): Promise<User> {
  const { db } = request.server
  const authUserId = sessionOf(request)!.getUserId()
  const known = await findUser(db, authUserId)
  if (known !== undefined) return known
  if (await getUser(authUserId) === undefined) throw new AccountGone()
  await addUser(db, authUserId)
  return (await findUser(db, authUserId))!
}

/** Removes an account and its row: both, or neither unless PostgreSQL fails at the very last. */
export async function removeUser (db: Pool, authUserId: string): Promise<void> {
  const client = await db.connect()
  try {
    await client.query('begin')
    await client.query('delete from users where auth_user_id = $1', [authUserId])
    // By name as well, so that this process refuses its tokens from now on.
    await Session.revokeAllSessionsForUser(authUserId)
    await deleteUser(authUserId)
    await client.query('commit')
  } catch (err) {
    await client.query('rollback')
    throw err
  } finally {
    client.release()
  }
}
