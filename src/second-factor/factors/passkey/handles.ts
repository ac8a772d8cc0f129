import { randomBytes } from 'node:crypto'
import { getUserIdMapping } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { FactorKeys, SecretOwner } from '../../factor-keys.js'
import type { Enrolled } from './passkeys.js'

/** Whose handle it is stands inside, so it is bound to its purpose only. */
const OWNER: SecretOwner = { userId: '', enrolment: 'fastify-2fa:passkey-handle' }

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const ID_BYTES = 16

/** A user's id of a length that fits: the Core's own, where the app has given it another one that is no UUID. */
async function shortIdOf (userId: string, userContext: UserContext): Promise<string | undefined> {
  if (UUID.test(userId)) return userId
  const mapping = await getUserIdMapping({ userId, userIdType: 'EXTERNAL', userContext })
  return mapping.status === 'OK' && UUID.test(mapping.superTokensUserId) ? mapping.superTokensUserId : undefined
}

function readId (bytes: Buffer): string | undefined {
  if (bytes.length !== ID_BYTES) return undefined
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * The account as authenticators know it: 32 to 64 bytes that say nothing about the person and tie passkeys to no other site
 * (WebAuthn, section 14.6.1). With keys, the user's id is sealed in it: whoever signs in with a passkey alone names the
 * account by it, and the Core has no index to find a random one. A stranger cannot make one up, to count failures against
 * an account or to ask whether there is one.
 */
export function createHandles (keys: FactorKeys | undefined) {
  function userIdIn (handle: string): string | undefined {
    const bytes = keys?.open(handle, OWNER)
    return bytes && readId(bytes)
  }

  return {
    /** Undefined for what was not made with one of these keys. */
    userIdIn,

    /** One per user, so that an authenticator replaces the passkey that it has. */
    async handleFor (userId: string, enrolled: Enrolled, userContext: UserContext): Promise<string> {
      const known = enrolled.map(([, { userHandle }]) => userHandle)
      const id = keys && await shortIdOf(userId, userContext)
      // These passkeys are a second factor only.
      if (keys === undefined || id === undefined) return known[0] ?? randomBytes(32).toString('base64url')
      return known.find((handle) => userIdIn(handle) === id) ?? keys.seal(Buffer.from(id.replaceAll('-', ''), 'hex'), OWNER)
    }
  }
}

export type Handles = ReturnType<typeof createHandles>
