import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import { audit } from '../audit/audit.js'
import { keepSession } from '../first-factor/credential-change.js'
import { normalPassword } from '../first-factor/normal-password.js'
import { answering } from '../limits/answers.js'
import type { FactorEndpoint, SecondFactorLogin } from '../second-factor/factor.js'
import { tellOfChange, type NoticeOptions } from '../second-factor/notices.js'
import { readMetadata } from '../second-factor/records.js'
import type { FactorCall } from '../second-factor/requests.js'
import { sessionEnded } from '../session/ended.js'
import { object, text } from '../second-factor/schemas.js'
import { requireTurn } from '../second-factor/turn.js'
import { credentialsOf } from '../session/epoch.js'
import { endResetLinks, fieldError, isPasswordOf, passwordAccountOf, requireSignedIn, WRONG_PASSWORD } from './own-account.js'

/** As long as the forms of the Frontend Driver Interface take it. */
const password = text(256)

interface Passwords { oldPassword: string, newPassword: string }

async function change (notices: NoticeOptions, login: SecondFactorLogin, call: FactorCall, { oldPassword, newPassword }: Passwords) {
  const { userContext } = call
  const session = await requireSignedIn(login, call)
  const [userId, tenantId] = [session.getUserId(), session.getTenantId()]
  const account = await passwordAccountOf(session, userContext)
  const before = credentialsOf(await readMetadata(userId, userContext))
  if (!await isPasswordOf(account, oldPassword, session, userContext)) return WRONG_PASSWORD
  if (normalPassword(oldPassword) === normalPassword(newPassword)) return fieldError('newPassword', 'This is the password that you have now. Please choose another one.')

  const turn = await requireTurn(userId, userContext)
  try {
    // Changed meanwhile, perhaps by the owner's reset because of whoever asks here: the old password is not right any more.
    if (credentialsOf(turn.metadata) !== before) return WRONG_PASSWORD
    keepSession(session, userContext)
    const result = await EmailPassword.updateEmailOrPassword({ recipeUserId: account.recipeUserId, password: newPassword, tenantIdForPasswordPolicy: tenantId, userContext })
    if (result.status === 'PASSWORD_POLICY_VIOLATED_ERROR') return fieldError('newPassword', result.failureReason)
    if (result.status !== 'OK') throw sessionEnded()
    // Somebody may have asked for one with the mailbox, and not used it yet.
    await endResetLinks(account, account.email, tenantId, userContext)
  } finally {
    await turn.end()
  }
  audit(userContext, { type: 'password.changed', userId, sessionHandle: session.getHandle(), tenantId })
  tellOfChange(notices, 'password-changed', userId, userContext)
  return { status: 'OK' as const }
}

/**
 * An owner chooses another password, and knows the old one: whoever finds a browser open cannot take the account over. The
 * other sessions end, this one goes on.
 */
export const passwordChangeEndpoint = (notices: NoticeOptions): FactorEndpoint => ({
  method: 'POST',
  path: '/account/password',
  body: object({ oldPassword: password, newPassword: password }, ['oldPassword', 'newPassword']),
  handle: (login, call, body) => answering(call.options.res, () => change(notices, login, call, body as unknown as Passwords))
})
