import { randomBytes } from 'node:crypto'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { BrowserUnknown } from '../errors.js'
import { withoutChallenge } from '../second-factor/challenge.js'
import type { Factor, Restart, SecondFactorLogin } from '../second-factor/factor.js'
import { isSpent, readMetadata, spend, type Metadata } from '../second-factor/records.js'
import type { FactorCall, SecondFactorRequest, SecondFactorRequests } from '../second-factor/requests.js'
import { requireTurn } from '../second-factor/turn.js'
import { endOtherSessions } from '../session/end-sessions.js'
import { rotateSession } from '../session/rotation.js'
import { deviceOf } from '../session/sign-in-record.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { withKnownBrowser } from './known-browser-claim.js'
import { isSignedBy, type BrowserKey, type Signed } from './known-browser-key.js'
import { knownIn, LIFETIME_MS, outdatedIn, recordKeyOf, standingOf } from './known-browser-records.js'
import { openAsOwner } from './owner.js'
import { sessionIdOf } from './sessions.js'

/** In challenges, audit events and the count of failures. No factor has this id. */
const ID = 'known-browser'
const CHALLENGE_MS = 5 * 60_000
const RESTART: Restart = { status: 'RESTART_FLOW_ERROR' }

interface KnownBrowsersOptions {
  factors: readonly Factor[]
  requests: SecondFactorRequests
  login: Pick<SecondFactorLogin, 'requireFresh'>
  websites: readonly string[]
}

/** What a page sends: its signature of a challenge, and where it runs. */
export interface Signature { signature: string, origin: string }

export interface ListedBrowser {
  id: string
  name: string
  /** Milliseconds since 1970. */
  addedAt: number
  expiresAt: number
}

/**
 * Browsers that hold a key which cannot be copied out of them. Such a browser is no second factor: routes accept it that say
 * so, and nothing that changes the account does.
 */
export function createKnownBrowsers ({ factors, requests, login, websites }: KnownBrowsersOptions) {
  /** What must have been signed; undefined where the session was given no challenge, or it is too old. */
  function expected ({ session, challenge }: SecondFactorRequest, purpose: Signed['purpose'], origin: string): Signed | undefined {
    if (challenge?.factor !== ID || Date.now() - challenge.sentAt > CHALLENGE_MS || !websites.includes(origin)) return undefined
    return { purpose, challenge: challenge.id, session: sessionIdOf(session.getHandle()), origin }
  }

  /** Counts a wrong signature with the failures of the second factor. A right one clears nothing. */
  async function counted (request: SecondFactorRequest, isRight: boolean, userContext: UserContext): Promise<void> {
    const userId = request.session.getUserId()
    await appOf(userContext).twoFactor.limits?.failures?.name({ userId, factor: ID, strength: 0 }, isRight, userContext)
    if (!isRight) audit(userContext, { type: 'browser.refused', ...who(request) })
  }

  const who = ({ session }: SecondFactorRequest) => ({ factor: ID, userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId() })

  return {
    /** A challenge for this session. It takes the place of one for a second factor. */
    async challenge (call: FactorCall): Promise<{ status: 'OK', challenge: string, session: string }> {
      const request = await requests.open(call)
      const id = randomBytes(32).toString('base64url')
      await requests.bind(request, { factor: ID, id, sentAt: Date.now() }, call.userContext)
      return { status: 'OK', challenge: id, session: sessionIdOf(request.session.getHandle()) }
    },

    /** Makes a browser known, by a session that has passed a factor as strong as the strongest within five minutes. */
    async register (call: FactorCall, { signature, origin }: Signature, key: BrowserKey, given: string | undefined): Promise<{ status: 'OK', id: string, expiresAt: number } | Restart> {
      const { userContext } = call
      const request = await login.requireFresh(call)
      const signed = expected(request, 'register', origin)
      if (signed === undefined || !isSignedBy(key, signed, signature)) return RESTART
      const userId = request.session.getUserId()
      if (!await spend(userId, signed.challenge, userContext)) return RESTART
      const turn = await requireTurn(userId, userContext)
      const { browser = 'Browser', system } = deviceOf(requestOf(userContext)?.headers['user-agent'])
      const name = given ?? (system === undefined ? browser : `${browser}, ${system}`)
      const [id, addedAt] = [randomBytes(16).toString('base64url'), Date.now()]
      await turn.end({ ...outdatedIn(turn.metadata, factors), [recordKeyOf(id)]: { key, name, addedAt, standing: standingOf(turn.metadata, factors) } })
      audit(userContext, { type: 'browser.registered', ...who(request) })
      return { status: 'OK', id, expiresAt: addedAt + LIFETIME_MS }
    },

    /** The browser proves that it is known, and a new session says so. */
    async prove (call: FactorCall, id: string, { signature, origin }: Signature): Promise<{ status: 'OK', expiresAt: number } | Restart> {
      const { userContext } = call
      const request = await requests.open(call)
      const userId = request.session.getUserId()
      const known = knownIn(await readMetadata(userId, userContext), factors).find((browser) => browser.id === id)
      // Its time was up, or something has changed. It has guessed nothing.
      if (known === undefined) throw new BrowserUnknown()
      const signed = expected(request, 'prove', origin)
      if (signed === undefined || await isSpent(userId, signed.challenge, userContext)) return RESTART
      const isRight = isSignedBy(known.key, signed, signature)
      await counted(request, isRight, userContext)
      if (!isRight || !await spend(userId, signed.challenge, userContext)) return RESTART
      const expiresAt = known.addedAt + LIFETIME_MS
      const payload = withKnownBrowser(request.payload, expiresAt)
      request.session = await rotateSession(request.session, { payload, data: withoutChallenge(request.data) }, userContext)
      audit(userContext, { type: 'browser.proved', ...who(request) })
      return { status: 'OK', expiresAt }
    },

    async list (call: FactorCall): Promise<ListedBrowser[]> {
      const { session } = await openAsOwner(call)
      const known = knownIn(await readMetadata(session.getUserId(), call.userContext), factors)
      return known.map(({ id, name, addedAt }) => ({ id, name, addedAt, expiresAt: addedAt + LIFETIME_MS }))
    },

    /** Forgets a browser. It may hold sessions that say it is known: the user's other sessions end. */
    async forget (call: FactorCall, id: string): Promise<boolean> {
      const { userContext } = call
      const request = await openAsOwner(call)
      const userId = request.session.getUserId()
      const isIn = (metadata: Metadata): boolean => knownIn(metadata, factors).some((browser) => browser.id === id)
      if (!isIn(await readMetadata(userId, userContext))) return false
      const turn = await requireTurn(userId, userContext)
      const isThere = isIn(turn.metadata)
      await turn.end(isThere ? { [recordKeyOf(id)]: null } : {})
      if (!isThere) return false
      await endOtherSessions(request.session, userContext, { marked: true })
      audit(userContext, { type: 'browser.forgotten', ...who(request) })
      return true
    }
  }
}

export type KnownBrowsers = ReturnType<typeof createKnownBrowsers>
