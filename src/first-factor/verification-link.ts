import { createHash } from 'node:crypto'
import { getUser } from 'supertokens-node'
import type { APIInterface, RecipeInterface } from 'supertokens-node/recipe/emailverification/types'
import * as Session from 'supertokens-node/recipe/session'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import type { UserContext } from 'supertokens-node/types'
import { endOtherSessions } from '../session/end-sessions.js'

type VerifyInput = Parameters<NonNullable<APIInterface['verifyEmailPOST']>>[0]

const general = (message: string) => ({ status: 'GENERAL_ERROR' as const, message })

const SIGN_IN = general('Please sign in with this address in this browser, then open the link again. If you did not sign up, ignore the mail.')
const OTHER_ACCOUNT = general('This browser is signed in to another account, or the address has changed. Please sign in with the address that the mail was sent to, then open the link again.')
const INVALID = { status: 'EMAIL_VERIFICATION_INVALID_TOKEN_ERROR' } as const

/** `<token of the Core>.<whom it is for>`: the Core can say whose a token is only by using it up. */
const LINK_TOKEN = /^(.+)\.([\w-]{22})$/s

/**
 * Says whom a token is for, to those who know that already. It needs no key: only the mail has the token, and whoever
 * uses one up for another account verifies that account, not theirs.
 */
function tagOf (token: string, recipeUserId: string, email: string): string {
  return createHash('sha256').update(JSON.stringify([token, recipeUserId, email])).digest('base64url').slice(0, 22)
}

/** Puts into each token whom it is for. Tokens without, which a host got from the Core, work as before. */
export function tagTokens (original: RecipeInterface): RecipeInterface {
  return {
    ...original,
    async createEmailVerificationToken (input) {
      const result = await original.createEmailVerificationToken(input)
      if (result.status !== 'OK') return result
      return { ...result, token: `${result.token}.${tagOf(result.token, input.recipeUserId.getAsString(), input.email)}` }
    },
    async verifyEmailUsingToken (input) {
      return await original.verifyEmailUsingToken({ ...input, token: LINK_TOKEN.exec(input.token)?.[1] ?? input.token })
    }
  }
}

async function isAlive (session: SessionContainerInterface, userContext: UserContext): Promise<boolean> {
  return await Session.getSessionInformation(session.getHandle(), userContext) !== undefined
}

/** The address that the session's account has now. */
async function addressOf (session: SessionContainerInterface, { options, userContext }: VerifyInput): Promise<string | undefined> {
  const id = session.getRecipeUserId()
  const own = await options.config.getEmailForRecipeUserId?.(id, userContext)
  if (own?.status === 'OK') return own.email
  const user = await getUser(id.getAsString(), userContext)
  return user?.loginMethods.find(({ recipeUserId }) => recipeUserId.getAsString() === id.getAsString())?.email
}

/**
 * Verifies an address only in a session of its account. Otherwise one click is enough for an attacker: they sign up with
 * the victim's address, the victim opens the link in the mail, and the attacker's session counts as verified.
 *
 * Whoever opens the link in a session has the mailbox and the credentials. All other sessions of the account end. Nothing
 * is used up in the other cases, and the Core is not asked whether the token exists.
 */
export async function verifyInOwnSession (original: APIInterface, input: VerifyInput): ReturnType<NonNullable<APIInterface['verifyEmailPOST']>> {
  const { session, userContext } = input
  const [, token, tag] = LINK_TOKEN.exec(input.token) ?? []
  if (token === undefined) return INVALID
  if (session === undefined || !await isAlive(session, userContext)) return SIGN_IN
  const email = await addressOf(session, input)
  if (email === undefined || tagOf(token, session.getRecipeUserId().getAsString(), email) !== tag) return OTHER_ACCOUNT
  const result = await original.verifyEmailPOST!(input)
  if (result.status === 'OK') await endOtherSessions(session, userContext, { reason: 'credential-change' })
  return result
}
