import type { FastifyReply } from 'fastify'
import { isRecipeInitialized } from 'supertokens-node'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as EmailVerification from 'supertokens-node/recipe/emailverification'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { audit } from '../audit/audit.js'
import { EmailTaken } from '../errors.js'
import { keepSession } from '../first-factor/credential-change.js'
import { CORE_WIDTHS } from '../lengths.js'
import { answering } from '../limits/answers.js'
import { homeOf, networksOfRequest } from '../limits/network.js'
import { reserveMail } from '../limits/open-recipes.js'
import { subjectOf } from '../limits/subject.js'
import { joinPaths } from '../options/auth-path.js'
import { maskAddress } from '../second-factor/factors/email/address.js'
import type { FactorEndpoint, SecondFactorLogin } from '../second-factor/factor.js'
import { readMetadata, updateMetadata, type Metadata } from '../second-factor/records.js'
import type { FactorCall } from '../second-factor/requests.js'
import { sessionEnded } from '../session/ended.js'
import { object, text } from '../second-factor/schemas.js'
import { requireTurn } from '../second-factor/turn.js'
import { appOf, requestOf } from '../supertokens/sdk.js'
import { signUpFieldProblem } from '../supertokens/sdk-internals.js'
import { askingWebsite } from '../supertokens/website.js'
import { askNewAddress, tellOldAddress } from './email-mails.js'
import { standingOf } from './known-browser-records.js'
import { UNDO_EMAIL_CHANGE } from './mailbox-contest.js'
import { endResetLinks, fieldError, isPasswordOf, passwordAccountOf, requireSignedIn, WRONG_PASSWORD, type PasswordAccount } from './own-account.js'
import { findPending, makePending, PENDING_EMAIL } from './pending-email.js'

interface EmailChangeOptions {
  appName: string
  websiteDomains: [string, ...string[]]
  websiteBasePath: string
  /** Seconds in which the old address can undo it. */
  contestPeriod: number
}

const INVALID = { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' } as const
const SIGN_IN = { status: 'GENERAL_ERROR', message: 'Please sign in to your account in this browser, with your second factor, then open the link again.' } as const

const standingNow = (metadata: Metadata, userContext: UserContext): string => standingOf(metadata, appOf(userContext).twoFactor.secondFactor.factors)

/** Whoever opened the link has the mailbox. */
async function markVerified ({ recipeUserId }: PasswordAccount, email: string, tenantId: string, userContext: UserContext): Promise<void> {
  if (!isRecipeInitialized('emailverification')) return
  const made = await EmailVerification.createEmailVerificationToken(tenantId, recipeUserId, email, userContext)
  if (made.status === 'OK') await EmailVerification.verifyEmailUsingToken(tenantId, made.token, false, userContext)
}

/** The address of an account changes once a link that was mailed to the new one is opened in a session of the account. */
export function createEmailChange ({ appName, websiteDomains, websiteBasePath, contestPeriod }: EmailChangeOptions) {
  function linkOf (token: string, tenantId: string, userContext: UserContext): string {
    return `${askingWebsite(websiteDomains, requestOf(userContext))}${joinPaths(websiteBasePath, 'verify-email')}?${new URLSearchParams({ token, tenantId }).toString()}`
  }

  async function start (login: SecondFactorLogin, call: FactorCall, { email: typed, password }: { email: string, password?: string }) {
    const { userContext, options: { res } } = call
    const session = await requireSignedIn(login, call)
    const account = await passwordAccountOf(session, userContext)
    const { hasFactor } = await login.requireFreshIfAny(call)
    if (password === undefined && !hasFactor) return fieldError('password', 'Please enter your password.')
    const email = typed.trim()
    const problem = await signUpFieldProblem('email', email, session.getTenantId(), userContext)
    if (problem !== undefined) return fieldError('email', problem)
    if (account.hasSameEmailAs(email)) return fieldError('email', 'This is the address that you have now. Please choose another one.')
    if (password !== undefined && !await isPasswordOf(account, password, session, userContext)) return WRONG_PASSWORD

    const { limits, afterAnswer } = appOf(userContext).twoFactor
    if (limits?.mails !== undefined) await reserveMail(limits.mails, email, session.getUserId(), userContext)
    const standing = standingNow(await readMetadata(session.getUserId(), userContext), userContext)
    const { token, record } = makePending({ email, from: account.email, standing })
    await updateMetadata(session.getUserId(), record, userContext)
    const tenantId = session.getTenantId()
    // Made now: afterwards, there is no request that says which website asked.
    const request = { appName, email, tenantId, link: linkOf(token, tenantId, userContext) }
    afterAnswer(res.original as FastifyReply, () => askNewAddress(request, userContext))
    return { status: 'OK' as const }
  }

  /** Makes the address the account's own. The link that undoes it is written before, so that no change is without one. */
  async function settle (session: SessionContainerInterface, token: string, userContext: UserContext) {
    const [userId, tenantId] = [session.getUserId(), session.getTenantId()]
    const account = await passwordAccountOf(session, userContext)
    // No turn for what can be refused without one: an owner who undoes something would wait for many of them in vain.
    if (findPending(token, await readMetadata(userId, userContext)) === undefined) return undefined
    const turn = await requireTurn(userId, userContext)
    let after = {}
    try {
      const pending = findPending(token, turn.metadata)
      // A thief's that was ended asked for it, and has the owner open the link.
      if (pending === undefined || !account.hasSameEmailAs(pending.from) || pending.standing !== standingNow(turn.metadata, userContext)) return undefined
      const { url, record } = appOf(userContext).twoFactor.contests.make({ purpose: UNDO_EMAIL_CHANGE, userId, data: { email: account.email } }, turn.metadata)
      await updateMetadata(userId, record, userContext)
      await markVerified(account, pending.email, tenantId, userContext)
      keepSession(session, userContext)
      const { status } = await EmailPassword.updateEmailOrPassword({ recipeUserId: account.recipeUserId, email: pending.email, userContext })
      after = { [PENDING_EMAIL]: null }
      if (status !== 'OK') {
        after = { ...after, ...Object.fromEntries(Object.keys(record).map((key) => [key, null])) }
        if (status === 'EMAIL_ALREADY_EXISTS_ERROR') throw new EmailTaken()
        throw sessionEnded()
      }
      // A link that the old mailbox has would still choose a new password.
      await endResetLinks(account, pending.email, tenantId, userContext)
      return { account, url, email: pending.email }
    } finally {
      await turn.end(after)
    }
  }

  async function confirm (login: SecondFactorLogin, call: FactorCall, token: string) {
    const { userContext } = call
    const session = await requireSignedIn(login, call)
    const settled = await settle(session, token, userContext)
    if (settled === undefined) return INVALID
    const { account, url, email } = settled
    const { twoFactor: { limits, deliverInBackground } } = appOf(userContext)
    deliverInBackground(tellOldAddress({ appName, email: account.email, link: url, hours: Math.floor(contestPeriod / 3600) }, userContext))
    audit(userContext, { type: 'email.changed', userId: session.getUserId(), sessionHandle: session.getHandle(), tenantId: session.getTenantId(), email: maskAddress(email) })
    // The owner is at home here under the new name, too.
    await limits?.known.remember(subjectOf(email), homeOf(networksOfRequest(userContext)))
    return { status: 'OK' as const, user: { recipeUserId: account.recipeUserId, email } }
  }

  const endpoints: FactorEndpoint[] = [
    {
      method: 'POST',
      path: '/account/email',
      body: object({ email: text(CORE_WIDTHS.account), password: text(256) }, ['email']),
      handle: (login, call, body) => answering(call.options.res, () => start(login, call, body as { email: string }))
    },
    {
      method: 'POST',
      path: '/account/email/confirm',
      body: object({ token: text(512) }, ['token']),
      async handle (login, call, { token }) {
        const { status } = await confirm(login, call, String(token))
        return { status }
      }
    }
  ]

  return {
    endpoints,

    /** The same for the stock page that verifies addresses: it shows what is missing, and stays blank for a 403. */
    async confirmOnPage (call: FactorCall, token: string) {
      try {
        return await confirm(appOf(call.userContext).twoFactor.secondFactor.login, call, token)
      } catch (err) {
        if (Session.Error.isErrorFromSuperTokens(err)) return SIGN_IN
        throw err
      }
    }
  }
}

export type EmailChange = ReturnType<typeof createEmailChange>
