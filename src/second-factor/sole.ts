import { getUser, type User } from 'supertokens-node'
import * as Session from 'supertokens-node/recipe/session'
import type { UserContext } from 'supertokens-node/types'
import { CredentialsChanged, SessionsEnded } from '../errors.js'
import { audit } from '../audit/audit.js'
import { answering } from '../limits/answers.js'
import { networksOfRequest } from '../limits/network.js'
import { remember, runSignIn } from '../session/proofs.js'
import { vouchForSession } from '../session/sole-factor.js'
import { inStep } from '../tracing/steps.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import type { SignedIn } from './answers.js'
import type { Factor, SecondFactorLogin } from './factor.js'
import { tellOfNewBrowser } from './new-browser.js'
import type { NoticeOptions } from './notices.js'
import { isSpent, readMetadata, spend, type Metadata } from './records.js'
import type { FactorCall } from './requests.js'
import type { SoleAnswer } from './sole-answer.js'

type LoginMethod = User['loginMethods'][number]

/** Recipes that are first factors here. The phones of `sms` are users of `passwordless`, and nobody signs in with those. */
const FIRST_FACTORS: readonly string[] = ['emailpassword', 'thirdparty']

const WRONG: SignedIn = { status: 'INVALID_CREDENTIALS_ERROR' }
const TOO_MANY = 'Too many failed attempts.'

function tenantOf (userContext: UserContext): string {
  const { tenantId = 'public' } = (requestOf(userContext)?.params ?? {}) as { tenantId?: string }
  return tenantId
}

/** The login that the session is for. A user of another tenant has none here. */
function loginMethodOf (user: User | undefined, tenantId: string): LoginMethod | undefined {
  const methods = user?.loginMethods.filter(({ recipeId, tenantIds }) => FIRST_FACTORS.includes(recipeId) && tenantIds.includes(tenantId)) ?? []
  return methods.find(({ recipeUserId }) => recipeUserId.getAsString() === user?.id) ?? methods[0]
}

/**
 * Signing in with one factor that is two in one, without a password and without a session: the factor says whom an answer
 * names and whether it is right, everything that keeps attackers out is here.
 *
 * Whatever is wrong gets the same answer and the same delay: whoever made up an account, or found an old one, does not
 * learn which. Failures count for the network as wrong passwords do, and, where an account is named, in the count of its
 * second factor, so that a lock keeps this way shut too.
 */
export function createSoleSignIn (notices: NoticeOptions): Pick<SecondFactorLogin, 'signIn'> {
  /** Compares, and uses the challenge up, once over all replicas. */
  async function use (userId: string, { challengeId, check }: SoleAnswer, metadata: Metadata, userContext: UserContext): Promise<{ outcome: 'right' | 'wrong' | 'restart' }> {
    // Compared with nothing once it is spent: a copied answer is no answer.
    if (await isSpent(userId, challengeId, userContext)) return { outcome: 'restart' }
    if (!await check(userId, metadata, userContext)) return { outcome: 'wrong' }
    return { outcome: await spend(userId, challengeId, userContext) ? 'right' : 'restart' }
  }

  async function enter (factor: Factor, { options: { req, res }, userContext }: FactorCall, given: SoleAnswer): Promise<SignedIn> {
    const tenantId = tenantOf(userContext)
    const user = given.userId === undefined ? undefined : await getUser(given.userId, userContext)
    const method = loginMethodOf(user, tenantId)
    if (user === undefined || method === undefined) return WRONG
    // What is enrolled and the marks of changed credentials, as of one moment: a session that is born after a change
    // ends at once (`src/session/birth.ts`).
    const metadata = await readMetadata(user.id, userContext)
    const failures = appOf(userContext).twoFactor.limits?.failures
    const attempt = () => use(user.id, given, metadata, userContext)
    const guess = { userId: user.id, challengeId: given.challengeId, factor: factor.id, strength: factor.strength }
    const { outcome } = await (failures === undefined ? attempt() : failures.attempt(guess, userContext, attempt))
    if (outcome !== 'right') return WRONG
    const { recipeUserId } = method
    remember({ user, recipeUserId }, metadata, userContext)
    vouchForSession(userContext, factor, recipeUserId)
    const session = await Session.createNewSession(req, res, tenantId, recipeUserId, {}, {}, userContext)
    await appOf(userContext).twoFactor.recovery?.passed(user.id, metadata, userContext)
    tellOfNewBrowser(notices, user.id, metadata, userContext)
    const event = { factor: factor.id, userId: user.id, sessionHandle: session.getHandle(), tenantId }
    audit(userContext, { ...event, type: 'first-factor.passed' })
    audit(userContext, { ...event, type: 'second-factor.passed' })
    return { status: 'OK' }
  }

  /** Counts and delays as a password does. What clients name is the account, whether there is one or not. */
  async function withLimits (factor: Factor, call: FactorCall, given: SoleAnswer): Promise<SignedIn> {
    const signIn = appOf(call.userContext).twoFactor.limits?.signIn
    if (signIn === undefined) return await enter(factor, call, given)
    const claimant = { account: `${factor.id} ${given.account}`, networks: networksOfRequest(call.userContext), refusal: TOO_MANY }
    let answered = WRONG
    await signIn.attempt(claimant, async () => {
      answered = await enter(factor, call, given)
      return { status: answered === WRONG ? 'WRONG_CREDENTIALS_ERROR' : answered.status }
    })
    return answered
  }

  async function run (factor: Factor, call: FactorCall, given: SoleAnswer): Promise<SignedIn> {
    try {
      return await runSignIn(() => withLimits(factor, call, given))
    } catch (err) {
      // A password was reset, or a passkey removed, in the middle of it. Whoever comes here has proved who they are.
      if (err instanceof CredentialsChanged || err instanceof SessionsEnded) return { status: 'GENERAL_ERROR', message: err.message }
      throw err
    }
  }

  return {
    async signIn (factor, call, given) {
      const { userContext } = call
      const failed = { factor: factor.id, tenantId: tenantOf(userContext), ...(given.userId !== undefined && { userId: given.userId }) }
      const answered = await inStep('first_factor.sign_in', factor.id, () => answering(call.options.res, () => run(factor, call, given)))
      if (answered.status === 'INVALID_CREDENTIALS_ERROR') audit(userContext, { ...failed, type: 'first-factor.failed', reason: answered.status })
      if (answered.status === 'GENERAL_ERROR') audit(userContext, { ...failed, type: 'first-factor.limited', reason: answered.message })
      return answered
    }
  }
}
