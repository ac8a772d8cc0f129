import { createCipheriv, createDecipheriv, randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { isObject, type JsonObject } from '../input/json.js'
import { parseJson } from '../input/parse-json.js'
import { badRequest } from '../input/refusals.js'
import { sha256 } from '../storage/digests.js'
import type { Tenant } from '../tenants/apps.js'

/** The claims that the Core puts into access tokens. The payload must not use these names. */
const PROTECTED = ['sub', 'exp', 'iat', 'sessionHandle', 'refreshTokenHash1', 'parentRefreshTokenHash1', 'antiCsrfToken', 'tId', 'rsub']

/** A token with its times in milliseconds. */
export interface TokenInfo { token: string, expiry: number, createdTime: number }

/** The content of an access token. Hashes are SHA-256; `expiry` is in milliseconds. */
export interface AccessClaims {
  handle: string
  userId: string
  recipeUserId: string
  tenantId: string
  refreshTokenHash1: string
  parentRefreshTokenHash1: string | null
  antiCsrfToken: string | null
  userData: JsonObject
  expiry: number
}

export interface RefreshClaims {
  handle: string
  userId: string
  parentRefreshTokenHash1: string | null
  antiCsrfToken: string | null
  tenantId: string
}

/** @throws a 400 refusal if the payload uses a protected name */
export function refuseProtectedClaims (payload: JsonObject): void {
  if (PROTECTED.some((name) => Object.hasOwn(payload, name))) throw badRequest('The user payload contains protected field')
}

/** `jitter`: shorten the token's life at random, if the settings say so. Then not all clients come back at once. */
export async function createAccessToken (
  { app, settings, now }: Tenant, claims: Omit<AccessClaims, 'expiry'> & { expiry?: number }, useStaticKey: boolean,
  { jitter = false } = {}): Promise<TokenInfo> {
  const sign = await app.keys.signer(useStaticKey)
  const seconds = (time: number) => Math.floor(time / 1000)
  const issuedAt = seconds(now())
  const validity = settings.accessTokenValidity * (jitter ? 1 - Math.random() * settings.accessTokenJitter : 1)
  const expiresAt = seconds(claims.expiry ?? now() + validity)
  const token = await sign({ version: '5' }, {
    sub: claims.userId,
    exp: expiresAt,
    iat: issuedAt,
    tId: claims.tenantId,
    rsub: claims.recipeUserId,
    sessionHandle: claims.handle,
    refreshTokenHash1: claims.refreshTokenHash1,
    parentRefreshTokenHash1: claims.parentRefreshTokenHash1,
    antiCsrfToken: claims.antiCsrfToken,
    ...claims.userData
  })
  return { token, expiry: expiresAt * 1000, createdTime: issuedAt * 1000 }
}

function decodePart (part: string | undefined): JsonObject | undefined {
  try {
    const value = parseJson(Buffer.from(part ?? '', 'base64url').toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads an access token without checking its signature. Undefined if the token does not have the form of ours. */
export function readAccessToken (token: string): { kid: string, claims: AccessClaims } | undefined {
  const parts = token.split('.')
  const header = decodePart(parts[0])
  const payload = decodePart(parts[1])
  // A token of the jwt recipe names no version. It passes here if it has the claims of a session.
  if (parts.length !== 3 || header?.alg !== 'RS256' || (header.version ?? '5') !== '5' || payload === undefined) return undefined
  if (!PROTECTED.every((name) => Object.hasOwn(payload, name))) return undefined
  const userData = Object.fromEntries(Object.entries(payload).filter(([name]) => !PROTECTED.includes(name)))
  return {
    kid: String(header.kid),
    claims: {
      handle: String(payload.sessionHandle),
      userId: String(payload.sub),
      recipeUserId: String(payload.rsub),
      tenantId: String(payload.tId),
      refreshTokenHash1: String(payload.refreshTokenHash1),
      parentRefreshTokenHash1: payload.parentRefreshTokenHash1 as string | null,
      antiCsrfToken: payload.antiCsrfToken as string | null,
      userData,
      expiry: Number(payload.exp) * 1000
    }
  }
}

/** `<sealed claims>.<nonce>.V2`. The nonce is also sealed inside, so that neither part can be swapped. */
export function createRefreshToken ({ app, settings, now }: Tenant, claims: RefreshClaims): TokenInfo {
  const nonce = sha256(randomUUID())
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', app.keys.refreshKey, iv)
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify({ ...claims, nonce })), cipher.final(), cipher.getAuthTag()])
  return {
    token: `${sealed.toString('base64')}.${nonce}.V2`,
    expiry: now() + settings.refreshTokenValidity,
    createdTime: now()
  }
}

export function readRefreshToken (key: KeyObject, token: string): RefreshClaims | undefined {
  const [body, nonce, version, ...rest] = token.split('.')
  if (version !== 'V2' || rest.length > 0) return undefined
  try {
    const sealed = Buffer.from(body as string, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(sealed.subarray(-16))
    const claims = JSON.parse(decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8'))
    return claims.nonce === nonce ? claims : undefined
  } catch {
    return undefined
  }
}
