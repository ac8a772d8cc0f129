import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { JsonObject } from '../input/json.js'
import { sha256 } from '../storage/digests.js'
import { PUBLIC, type App, type Tenant } from '../tenants/apps.js'
import { tenantOf } from '../tenants/lookup.js'
import { markActive } from '../users/activity.js'
import { findSession, insertSession, liveSession, replaceData, sessionUserIds, type Session } from './sessions.js'
import { createAccessToken, createRefreshToken, readAccessToken, readRefreshToken, refuseProtectedClaims, type AccessClaims, type TokenInfo } from './tokens.js'

export const unauthorised = (message: string) => ({ status: 'UNAUTHORISED', message })
const tryRefresh = (message: string) => ({ status: 'TRY_REFRESH_TOKEN', message })

type SessionJson = Pick<AccessClaims, 'handle' | 'userId' | 'recipeUserId' | 'userData' | 'tenantId'>

const ok = ({ handle, userId, recipeUserId, userData, tenantId }: SessionJson, tokens: { accessToken?: TokenInfo, refreshToken?: TokenInfo, antiCsrfToken?: string } = {}) =>
  ({ status: 'OK', session: { handle, userId, recipeUserId, userDataInJWT: userData, tenantId }, ...tokens })

export interface NewSession {
  /** As given: the Core's own id, an external one, or one that is not a user. */
  userId: string
  enableAntiCsrf: boolean
  /** Goes into the access token. */
  payload: JsonObject
  /** Stays in the database. */
  data: JsonObject
  staticKey: boolean
}

/** Creates a session with its first pair of tokens. @throws a 400 refusal if the payload uses a protected claim */
export async function createSession (tenant: Tenant, { userId, enableAntiCsrf, payload, data, staticKey }: NewSession): Promise<object> {
  refuseProtectedClaims(payload)
  const antiCsrfToken = enableAntiCsrf ? randomUUID() : null
  const { db } = tenant
  const handle = randomUUID() + (tenant.id === PUBLIC ? '' : `_${tenant.id}`)
  const ids = sessionUserIds(db, userId)
  const refreshToken = createRefreshToken(tenant, { handle, userId: ids.recipeUserId, parentRefreshTokenHash1: null, antiCsrfToken, tenantId: tenant.id })
  const claims = { handle, ...ids, tenantId: tenant.id, refreshTokenHash1: sha256(refreshToken.token), parentRefreshTokenHash1: null, antiCsrfToken, userData: payload }
  const accessToken = await createAccessToken(tenant, claims, staticKey, { jitter: true })
  db.transaction(() => {
    insertSession(db, {
      handle,
      tenantId: tenant.id,
      recipeUserId: ids.recipeUserId,
      refreshHash2: sha256(claims.refreshTokenHash1),
      data,
      payload,
      staticKey,
      createdAt: refreshToken.createdTime,
      expiresAt: refreshToken.expiry
    })
    markActive(db, ids.userId, tenant.now())
  })
  return ok(claims, { accessToken, refreshToken, ...(antiCsrfToken !== null && { antiCsrfToken }) })
}

/** `checkDatabase`: also refuse an access token of a session that has ended. */
export interface Verification { token: string, antiCsrfToken: string | undefined, checkAntiCsrf: boolean, checkDatabase: boolean }

/** Verifies an access token. Renews it if it is the first one after a refresh, or if its data is stale. */
export async function verifySession (app: App, { token, antiCsrfToken, checkAntiCsrf, checkDatabase }: Verification): Promise<object> {
  const read = readAccessToken(token)
  if (read === undefined) return tryRefresh('Invalid JWT')
  if (!await app.keys.verifyJwt(token, read.kid)) return tryRefresh('JWT verification failed')
  const { claims } = read
  if (claims.expiry < app.now()) return tryRefresh('Access token expired')
  if (checkAntiCsrf && claims.antiCsrfToken === null) return tryRefresh('Access token does not contain all the information. Maybe the structure has changed?')
  const tenant = tenantOf(app, claims.tenantId)
  if (checkAntiCsrf && claims.antiCsrfToken !== antiCsrfToken) return tryRefresh('anti-csrf check failed')

  const isChild = claims.parentRefreshTokenHash1 !== null
  if (!isChild && !checkDatabase) return ok(claims)
  const current = promote(tenant, claims)
  if (current === undefined) return unauthorised(checkDatabase ? 'Either the session has ended or has been blacklisted' : 'Session missing in db')
  const stale = checkDatabase && !isDeepStrictEqual(claims.userData, current.session.payload)
  if (!stale && !(isChild && current.isCurrent)) return ok(claims)

  const renewed = { ...claims, parentRefreshTokenHash1: null, userData: current.session.payload }
  const { expiry: _old, ...fresh } = renewed
  return ok(renewed, { accessToken: await createAccessToken(tenant, fresh, current.session.staticKey) })
}

/**
 * The first use of a child's access token proves that the client has received its refresh token too. From then on the
 * child is the session's refresh token, and a use of its parent counts as theft.
 */
function promote ({ db, now, settings }: Tenant, claims: AccessClaims): { session: Session, isCurrent: boolean } | undefined {
  return db.transaction(() => {
    const found = findSession(db, claims.handle)
    if (found === undefined) return undefined
    const parent = claims.parentRefreshTokenHash1
    if (parent !== null && found.refreshHash2 === sha256(parent)) {
      db.run('UPDATE sessions SET refresh_hash2 = ?, expires_at = ? WHERE handle = ?',
        sha256(claims.refreshTokenHash1), now() + settings.refreshTokenValidity, claims.handle)
      return { session: found, isCurrent: true }
    }
    return { session: found, isCurrent: found.refreshHash2 === sha256(claims.refreshTokenHash1) }
  })
}

export interface Refresh { token: string, antiCsrfToken: string | undefined, enableAntiCsrf: boolean, staticKey: boolean }

/** Exchanges a refresh token for a new pair. Detects the theft of a token that was already exchanged. */
export async function refreshSession (app: App, { token, antiCsrfToken, enableAntiCsrf, staticKey }: Refresh): Promise<object> {
  const read = readRefreshToken(app.keys.refreshKey, token)
  if (read === undefined) return unauthorised('Invalid refresh token')
  if (enableAntiCsrf && read.antiCsrfToken !== null && read.antiCsrfToken !== antiCsrfToken) return unauthorised('Anti CSRF token missing, or not matching')
  const tenant = tenantOf(app, read.tenantId)
  const { db, now, settings } = tenant

  const outcome = db.transaction(() => {
    const found = findSession(db, read.handle)
    if (found === undefined || found.expiresAt < now()) return 'missing'
    const hash2 = sha256(sha256(token))
    const isChild = read.parentRefreshTokenHash1 !== null && found.refreshHash2 === sha256(read.parentRefreshTokenHash1)
    if (found.refreshHash2 !== hash2 && !isChild) return { ...found, stolen: true }
    if (isChild || found.staticKey !== staticKey) {
      db.run('UPDATE sessions SET refresh_hash2 = ?, expires_at = ?, static_key = ? WHERE handle = ?',
        hash2, isChild ? now() + settings.refreshTokenValidity : found.expiresAt, Number(staticKey), read.handle)
    }
    markActive(db, found.userId, now())
    return { ...found, stolen: false }
  })
  if (outcome === 'missing') return unauthorised('Session missing in db or has expired')
  const { handle, userId, recipeUserId, payload } = outcome
  if (outcome.stolen) return { status: 'TOKEN_THEFT_DETECTED', session: { handle, userId, recipeUserId } }

  const parentRefreshTokenHash1 = sha256(token)
  const newAntiCsrf = enableAntiCsrf ? randomUUID() : null
  const refreshToken = createRefreshToken(tenant, { handle, userId: recipeUserId, parentRefreshTokenHash1, antiCsrfToken: newAntiCsrf, tenantId: tenant.id })
  const claims = { handle, userId, recipeUserId, tenantId: tenant.id, refreshTokenHash1: sha256(refreshToken.token), parentRefreshTokenHash1, antiCsrfToken: newAntiCsrf, userData: payload }
  const accessToken = await createAccessToken(tenant, claims, staticKey, { jitter: true })
  return ok(claims, { accessToken, refreshToken, ...(newAntiCsrf !== null && { antiCsrfToken: newAntiCsrf }) })
}

/**
 * Gives the session new token data, or keeps its data if `given` is undefined. The SDK has verified the token. An
 * access token that has expired meanwhile is not renewed.
 */
export async function regenerateToken (app: App, token: string, given: JsonObject | undefined): Promise<object> {
  const claims = readAccessToken(token)?.claims
  if (claims === undefined) return unauthorised('Invalid JWT')
  const tenant = tenantOf(app, claims.tenantId)
  const found = liveSession(app, claims.handle)
  if (found === undefined) return unauthorised('Session does not exist.')
  const userData = given ?? found.payload
  refuseProtectedClaims(userData)
  replaceData(app, claims.handle, 'payload', userData)
  const renewed = { ...claims, userData }
  return ok(renewed, claims.expiry < app.now() ? {} : { accessToken: await createAccessToken(tenant, renewed, found.staticKey) })
}
