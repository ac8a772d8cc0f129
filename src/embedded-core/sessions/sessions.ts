import { writeJson, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { trim } from '../input/trim.js'
import { ownerOf } from '../storage/owners.js'
import type { Storage, Value } from '../storage/storage.js'
import { PUBLIC, type App } from '../tenants/apps.js'
import { tenantOf } from '../tenants/lookup.js'
import { findUser, publicId } from '../users/accounts.js'
import { externalIdOf, findMapping, internalIdOf, primaryIdOf } from '../users/user-ids.js'

export interface Session {
  handle: string
  tenantId: string
  /** The primary user's id, as the outside knows it. */
  userId: string
  recipeUserId: string
  refreshHash2: string
  data: JsonObject
  payload: JsonObject
  staticKey: boolean
  createdAt: number
  expiresAt: number
}

interface SessionRow {
  handle: string,
  tenant_id: string,
  user_id: string,
  refresh_hash2: string,
  data: string,
  payload: string
  static_key: number,
  created_at: number,
  expires_at: number
}

/** A handle names its tenant: `<uuid>_<tenant>`. Without a tenant, or with an empty one, it is the public tenant. */
export function tenantOfHandle (handle: string): string {
  return trim(handle.split('_')[1] ?? '').toLowerCase() || PUBLIC
}

export function findSession (db: Storage, handle: string): Session | undefined {
  const row = db.get<SessionRow>('SELECT * FROM sessions WHERE handle = ?', handle)
  return row && {
    handle,
    tenantId: row.tenant_id,
    userId: sessionUserIds(db, row.user_id).userId,
    recipeUserId: row.user_id,
    refreshHash2: row.refresh_hash2,
    data: parseJson(db.personal.open(row.data, ownerOf.session(handle, 'data', row.user_id))) as JsonObject,
    payload: parseJson(db.personal.open(row.payload, ownerOf.session(handle, 'payload', row.user_id))) as JsonObject,
    staticKey: row.static_key === 1,
    createdAt: row.created_at,
    expiresAt: row.expires_at
  }
}

/** A session that has not expired. @throws a 400 refusal if its tenant is gone */
export function liveSession (app: App, handle: string): Session | undefined {
  tenantOf(app, tenantOfHandle(handle))
  const found = findSession(app.db, handle)
  return found !== undefined && found.expiresAt > app.now() ? found : undefined
}

/** The ids of the primary and the recipe user, as the outside knows them. An id that is not a user is both. */
export function sessionUserIds (db: Storage, id: string): { userId: string, recipeUserId: string } {
  const own = findMapping(db, id, 'EXTERNAL')?.user_id ?? id
  const primary = primaryIdOf(db, own)
  return { userId: externalIdOf(db, primary) ?? primary, recipeUserId: externalIdOf(db, own) ?? own }
}

export function insertSession (db: Storage, session: Omit<Session, 'userId'>): void {
  db.run(`INSERT INTO sessions (handle, tenant_id, user_id, refresh_hash2, data, payload, static_key, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, session.handle, session.tenantId, session.recipeUserId, session.refreshHash2,
  sealed(db, session, 'data', session.data), sealed(db, session, 'payload', session.payload), Number(session.staticKey), session.createdAt, session.expiresAt)
}

/** Replaces a session's data. Returns false if there is no such session or it has expired. */
export function replaceData ({ db, now }: App, handle: string, column: 'data' | 'payload', data: JsonObject): boolean {
  const found = db.get<Pick<SessionRow, 'user_id'>>('SELECT user_id FROM sessions WHERE handle = ? AND expires_at > ?', handle, now())
  return found !== undefined && db.run(`UPDATE sessions SET ${column} = ? WHERE handle = ?`, sealed(db, { handle, recipeUserId: found.user_id }, column, data), handle) === 1
}

function sealed ({ personal }: Storage, { handle, recipeUserId }: Pick<Session, 'handle' | 'recipeUserId'>, column: 'data' | 'payload', data: JsonObject): string {
  return personal.seal(writeJson(data), ownerOf.session(handle, column, recipeUserId))
}

/** Handles of sessions that were created for one of these ids and have not expired. In all tenants by default. */
export function handlesOf (db: Storage, ids: string[], now: number, tenantId?: string): string[] {
  const values: Value[] = [JSON.stringify(ids), now]
  if (tenantId !== undefined) values.push(tenantId)
  return db.all<{ handle: string }>(`SELECT handle FROM sessions WHERE user_id IN (SELECT value FROM json_each(?)) AND expires_at >= ?
    ${tenantId === undefined ? '' : 'AND tenant_id = ?'} ORDER BY created_at`, ...values).map((row) => row.handle)
}

/** Returns the handles that existed. */
export function removeSessions (db: Storage, handles: string[]): string[] {
  return db.transaction(() => handles.filter((handle) => db.run('DELETE FROM sessions WHERE handle = ?', handle) === 1))
}

/** The given id, and the ids under which accounts linked to it may have sessions. */
export function linkedIds (db: Storage, id: string): string[] {
  const own = internalIdOf(db, id) ?? id
  const others = findUser(db, own)?.methods.filter((method) => method.userId !== own) ?? []
  return [id, ...others.flatMap((method) => [method.userId, publicId(method)])]
}
