import { AsyncLocalStorage } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import type { RecipeUserId, User } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import type { Metadata } from '../second-factor/records.js'
import { requestOf } from '../supertokens/sdk.js'
import { CREDENTIAL_CHANGED } from './epoch.js'

/** What the user's metadata said when credentials were found right. A session of these credentials must find the same. */
export interface Proof {
  recipeUserId: string
  epoch: Metadata
  /** The keys that the proof knows. @default all */
  keys?: readonly string[]
  /** Whether a host signed in without a request, so that it is in {@link unbound} too. */
  isUnbound: boolean
}

interface SignedIn { user: User, recipeUserId: RecipeUserId }

/** The sign-ins that the Frontend Driver Interface runs, each with the marks that it wrote itself. */
const flows = new AsyncLocalStorage<Set<string>>()

/** By the `userContext` of the request, or by the id object that a host passes on from `signIn` to `createNewSession`. */
const proofs = new WeakMap<object, Proof>()

/**
 * By user id, for a host that passes on neither. Then nobody can tell which sign-in a session belongs to, so the oldest
 * counts. Keeps a minute, and no more users than this.
 */
const unbound = new Map<string, { epoch: Metadata, until: number, open: number }>()
const LIMIT = 10_000
const MEMORY_MS = 60_000

function rememberUnbound (id: string, epoch: Metadata): void {
  const now = performance.now()
  for (const [oldest, { until }] of unbound) {
    if (until > now && unbound.size < LIMIT) break
    unbound.delete(oldest)
  }
  const known = unbound.get(id)
  if (known === undefined) unbound.set(id, { epoch, until: now + MEMORY_MS, open: 1 })
  else known.open++
}

function takeUnbound (id: string): Metadata | undefined {
  const known = unbound.get(id)
  if (known === undefined) return undefined
  if (--known.open === 0) unbound.delete(id)
  return known.until > performance.now() ? known.epoch : undefined
}

/**
 * Remembers that credentials were right as of `epoch`. A host that signs in by itself may end other sessions before it
 * creates one, so there only the credentials count.
 */
export function remember ({ user, recipeUserId }: SignedIn, epoch: Metadata, userContext: UserContext, known?: readonly string[]): void {
  const keys = flows.getStore() === undefined ? [CREDENTIAL_CHANGED] : known
  const id = recipeUserId.getAsString()
  // A sign-up has no older password, and hosts that create users often set another one right away.
  const isUnbound = requestOf(userContext) === undefined && known === undefined
  const proof: Proof = { recipeUserId: id, epoch, isUnbound, ...(keys && { keys }) }
  const ids = user.loginMethods.map((method) => method.recipeUserId).filter((one) => one.getAsString() === id)
  for (const key of [userContext, recipeUserId, ...ids]) proofs.set(key, proof)
  if (isUnbound) rememberUnbound(id, epoch)
}

/** The proof for a new session of this user, for one session. Undefined if there was none, as for a host's own sign-in. */
export function takeProof ({ recipeUserId, userContext }: { recipeUserId: RecipeUserId, userContext: UserContext }): Proof | undefined {
  const id = recipeUserId.getAsString()
  for (const key of [userContext, recipeUserId]) {
    const proof = proofs.get(key)
    proofs.delete(key)
    if (proof?.recipeUserId !== id) continue
    if (proof.isUnbound) takeUnbound(id)
    return proof
  }
  const epoch = takeUnbound(id)
  return epoch && { recipeUserId: id, epoch, keys: [CREDENTIAL_CHANGED], isUnbound: true }
}

/**
 * Runs a sign-in. Apps that allow one session per user end the others in the middle of it: that must not end the new one.
 */
export function runSignIn<Result> (work: () => Promise<Result>): Promise<Result> {
  return flows.run(new Set(), work)
}

export function noteOwnMark (id: string): void {
  flows.getStore()?.add(id)
}

export function isOwnMark (id: string | undefined): boolean {
  return id !== undefined && flows.getStore()?.has(id) === true
}
