import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A signing key of the Core, or of somebody else. */
export interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

export type Payload = Record<string, unknown>

export function newKey (kid: string): SigningKey {
  return { kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
}

/** What the Core writes into a token by itself. */
const PROTECTED = ['sub', 'iat', 'exp', 'sessionHandle', 'parentRefreshTokenHash1', 'refreshTokenHash1', 'antiCsrfToken', 'rsub', 'tId', 'stt']

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** What has been signed, by its key: RS256 without chance, so that the same payload is the same token. */
const signatures = new WeakMap<KeyObject, Map<string, string>>()

function signatureOf (signed: string, key: KeyObject): string {
  const known = signatures.get(key) ?? new Map<string, string>()
  signatures.set(key, known)
  const signature = known.get(signed) ?? sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')
  known.set(signed, signature)
  return signature
}

/** A token as the Core writes it, of any content; a text is the payload as it is. */
export function mint ({ kid, privateKey }: SigningKey, payload: Payload | string, header: Payload = {}): string {
  const encoded = typeof payload === 'string' ? Buffer.from(payload).toString('base64url') : encode(payload)
  const signed = `${encode({ kid, typ: 'JWT', version: '5', alg: 'RS256', ...header })}.${encoded}`
  return `${signed}.${signatureOf(signed, privateKey)}`
}

/**
 * As much of a Core as verifying sessions takes, with keys that the test owns: it can issue tokens that no Core would, take keys away, and
 * every answer follows from the question alone.
 */
export async function startScriptedCore (t: Test, key = newKey('d-1')) {
  const published = [key]
  const calls: string[] = []
  let sessionCalls = 0
  const sessions = new Map<string, Payload>()
  const revoked = new Set<string>()

  function claims (token: string): Payload {
    return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Payload
  }

  function custom (payload: Payload): Payload {
    return Object.fromEntries(Object.entries(payload).filter(([name]) => !PROTECTED.includes(name)))
  }

  function sessionOf ({ sessionHandle, sub, rsub, tId }: Payload, userDataInJWT: Payload) {
    return { handle: sessionHandle, userId: sub, recipeUserId: rsub, tenantId: tId, userDataInJWT }
  }

  function issued (payload: Payload) {
    return { token: mint(key, payload), expiry: Number(payload.exp) * 1000, createdTime: 0 }
  }

  const answers: Record<string, (body: Payload) => object> = {
    '/apiversion': () => ({ versions: ['5.4'] }),
    '/.well-known/jwks.json': () => ({
      keys: published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }))
    }),
    '/recipe/session/verify' ({ accessToken }) {
      const payload = claims(accessToken as string)
      if (revoked.has(payload.sessionHandle as string)) return { status: 'UNAUTHORISED', message: 'revoked' }
      const { parentRefreshTokenHash1, ...confirmed } = payload
      const session = sessionOf(payload, payload)
      return typeof parentRefreshTokenHash1 === 'string' && payload.sub !== 'quiet' ? { status: 'OK', session, accessToken: issued(confirmed) } : { status: 'OK', session }
    },
    '/recipe/session/regenerate' ({ accessToken, userDataInJWT }) {
      const payload = claims(accessToken as string)
      return { status: 'OK', session: sessionOf(payload, userDataInJWT as Payload), accessToken: issued({ ...payload, ...userDataInJWT as Payload }) }
    },
    '/recipe/session' ({ sessionHandle }) {
      const payload = sessions.get(sessionHandle as string)
      if (payload === undefined) return { status: 'UNAUTHORISED', message: 'no such session' }
      const { sub: userId, rsub: recipeUserId, tId: tenantId } = payload
      return { status: 'OK', sessionHandle, timeCreated: 0, expiry: Number(payload.exp) * 1000, userId, recipeUserId, tenantId, userDataInDatabase: {}, userDataInJWT: custom(payload) }
    },
    '/recipe/user/roles': () => ({ status: 'OK', roles: ['user'] }),
    '/recipe/role/permissions': () => ({ status: 'OK', permissions: ['posts:read'] }),
    '/recipe/session/remove': ({ sessionHandles }) => {
      for (const handle of sessionHandles as string[]) revoked.add(handle)
      return { status: 'OK', sessionHandlesRevoked: sessionHandles }
    }
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://core')
    const path = pathname.replace(/^\/(public|other)\//, '/')
    calls.push(path)
    if (path.startsWith('/recipe/')) sessionCalls++
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    request.on('end', () => {
      const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) as Payload : Object.fromEntries(searchParams)
      const answer = answers[path]?.(body)
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? {}))
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })

  return {
    connectionURI: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    /** A token of a session that the Core knows. */
    issue (payload: Payload, header?: Payload): string {
      if (typeof payload.sessionHandle === 'string') sessions.set(payload.sessionHandle, payload)
      return mint(key, payload, header)
    },
    /** What the JWKS shows. */
    published,
    /** Handles of sessions that have ended. */
    revoked,
    /** The paths that were called, in order. */
    calls,
    /** How often the Core was asked about a session or its user. */
    sessionCalls: () => sessionCalls
  }
}

export type ScriptedCore = Awaited<ReturnType<typeof startScriptedCore>>
