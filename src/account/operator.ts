import { removeUser, usersWith } from '../admin/core-calls.js'
import { newMark, type Core, type CoreUser } from './core-client.js'
import { channelsIn, type OperatorAct } from './agenda.js'
import { PASSWORD_CHANGE_REQUIRED } from './forced-password-change.js'
import { PAST_RECOVERIES, RECOVERY } from './recovery-record.js'
import { operationRefused } from './refusals.js'
import type { AuditInput } from '../audit/audit.js'
import { AdminLastFactor, ChangeUnderWay, OperationRefused, UserUnknown } from '../errors.js'
import { maskPhoneNumber, toE164 } from '../phone/number.js'
import { storedForms } from '../phone/two-ways.js'
import { unlocked } from '../second-factor/failure-record.js'
import { isEnrolledIn, removalOf, withoutUndo, type FactorRecord } from '../second-factor/factors/removal.js'
import { isPlaceholder } from '../second-factor/factors/sms/placeholder.js'
import type { Metadata } from '../second-factor/records.js'
import { withoutBrowsers } from '../second-factor/seen-browsers.js'
import { takeTurnWith, type Turn } from '../second-factor/turn.js'
import { CREDENTIAL_CHANGED, SESSIONS_ENDED } from '../session/epoch.js'

/** What operators' functions work with, in a command and in the library. */
export interface Operations {
  core: Core
  /** All that a user can have enrolled, the app's own among them. */
  factors: readonly FactorRecord[]
  /**
   * Ids of the factors that a user can pass with now: they run here, and what is enrolled works. A record alone says neither.
   *
   * @param metadata of the user
   */
  usable (user: CoreUser, metadata: Metadata): Promise<ReadonlySet<string>>
  /** Whether accounts are phone numbers. */
  byPhone: boolean
  /** Whether people can choose a new password by a link. */
  passwordReset: boolean
  /** The waiting time of recoveries in milliseconds; undefined where accounts are not recovered. */
  recoveryWait: number | undefined
  /** Publishes what was done, and tells the owner or lets them be told. */
  report (act: OperatorAct): Promise<void>
}

/** Who does it, and why. Both are in the audit event. */
export interface Because {
  /** The operator: at most 128 characters. */
  by: string
  /** At most 512 characters. Write nothing there that the audit must not hold. */
  reason: string
}

const FIRST_FACTORS: readonly string[] = ['emailpassword', 'thirdparty']

/** Before anything is done: what nobody answers for is not done. */
export function requireReason ({ by, reason }: Because): void {
  const isText = (text: unknown, most: number): boolean => typeof text === 'string' && text.trim() !== '' && text.length <= most && !/\p{Cc}/u.test(text)
  if (!isText(by, 128)) throw new OperationRefused('Say who does it, in at most 128 characters on a single line.')
  if (!isText(reason, 512)) throw new OperationRefused('Say why, in at most 512 characters on a single line.')
}

export async function requireUser (core: Core, userId: string): Promise<CoreUser> {
  const user = await core.findUser(userId)
  if (user === undefined) throw new UserUnknown()
  // The user of a phone is no account: what stands in its metadata counts for nobody.
  if (!user.loginMethods.some(({ recipeId }) => FIRST_FACTORS.includes(recipeId))) throw operationRefused('no-account', 'This is the user of a phone or an address, not an account. Name the account.')
  return user
}

const passwordMethodOf = ({ loginMethods }: CoreUser) => loginMethods.find(({ recipeId }) => recipeId === 'emailpassword')

export function eventOf (type: AuditInput['type'], userId: string, { by, reason }: Because, more: Partial<AuditInput> = {}): AuditInput {
  return { ...more, type, userId, actor: by, reason }
}

/** Begins an operator's change: checks who and why, finds the user, and keeps others from changing the same. */
export async function begin ({ core }: Operations, userId: string, because: Because): Promise<{ user: CoreUser, turn: Turn }> {
  requireReason(because)
  const user = await requireUser(core, userId)
  const turn = await takeTurnWith((changes) => core.update(user.id, changes))
  if (turn === undefined) throw new ChangeUnderWay()
  return { user, turn }
}

/** Ends a turn in which nothing is changed, and returns why. */
export async function ended (turn: Turn, why: Error): Promise<Error> {
  await turn.end()
  return why
}

/** The marks that end sessions which are being created, and ask for a new password. Write them, then end the sessions. */
function forcedChange (): Metadata {
  return { [PASSWORD_CHANGE_REQUIRED]: Date.now(), [CREDENTIAL_CHANGED]: newMark(), [SESSIONS_ENDED]: newMark() }
}

/** Unlocks a second factor that too many wrong codes have locked. */
export async function unlock ({ core, report }: Operations, userId: string, because: Because): Promise<void> {
  requireReason(because)
  const user = await requireUser(core, userId)
  await core.update(user.id, unlocked())
  await report({ userId: user.id, events: [eventOf('second-factor.unlocked', user.id, because)] })
}

export interface Reset {
  /** Id of a factor, or `all`. */
  factor: string
  /**
   * Lets the present password go on working although the account has no second factor any more: then whoever has it
   * enrols theirs.
   * @default false
   */
  keepPassword?: boolean | undefined
  /**
   * Refuses to remove the last usable factor: nobody takes an account over then, not even whoever asked for the reset.
   * @default false
   */
  keepOne?: boolean | undefined
}

export interface ResetResult {
  /** Ids of the factors that were removed. */
  removed: string[]
  /** Whether the account has none any more. Then what was left of others, which nobody could use, is removed, too. */
  hasNone: boolean
  /** Whether the password has to be chosen anew, by a link, before anybody signs in with one. */
  passwordChangeRequired: boolean
}

/**
 * Removes a factor and all that is kept of it, ends all sessions and starts the count of failures anew.
 *
 * An account without a second factor takes that of whoever comes first with the password, which may be the thief who
 * asked for the reset. So the last one takes the password with it, unless the operator wants otherwise. What counts is what
 * can be used: with the record of a factor that is switched off or broken, nobody could sign in or enrol anything.
 */
export async function resetFactor (operations: Operations, userId: string, { factor, keepPassword = false, keepOne = false, ...because }: Reset & Because): Promise<ResetResult> {
  const { core, factors, byPhone, passwordReset, report } = operations
  const known = factors.map(({ id }) => id)
  if (factor !== 'all' && !known.includes(factor)) throw operationRefused('no-such-factor', `There is no factor "${factor}", only ${known.join(', ')} and all.`)
  if (byPhone && factor === 'sms') throw operationRefused('phone-is-login', 'The phone is the login of this account. Give the account another number instead.')
  const { user, turn } = await begin(operations, userId, because)
  const has = (one: FactorRecord): boolean => isEnrolledIn(turn.metadata, one)
  const named = factors.filter(({ id }) => factor === 'all' || id === factor)
  if (!named.some(has)) throw await ended(turn, operationRefused('nothing-enrolled', 'Nothing of this kind is enrolled.'))
  const usable = await operations.usable(user, turn.metadata)
  const hasNone = !byPhone && !factors.some((one) => one.isBackup !== true && !named.includes(one) && usable.has(one.id))
  if (hasNone && keepOne) throw await ended(turn, new AdminLastFactor())
  // Recovery codes without a factor would stay with whoever has them.
  const removed = hasNone ? factors.filter(has) : named.filter(has)
  const passwordChangeRequired = hasNone && passwordMethodOf(user) !== undefined && !keepPassword
  if (passwordChangeRequired && !passwordReset) {
    throw await ended(turn, operationRefused('could-be-taken-over', 'The account would have no second factor, and its password cannot be reset by a link here. Whoever has the password could take it over. Keep the password only if you are sure that nobody else has it.'))
  }
  const channels = channelsIn(turn.metadata)
  await turn.end({
    ...removalOf(removed, turn.metadata),
    ...unlocked(),
    ...withoutBrowsers(turn.metadata),
    ...(hasNone && { [RECOVERY]: null, [PAST_RECOVERIES]: null }),
    [SESSIONS_ENDED]: newMark(),
    ...(passwordChangeRequired && forcedChange())
  })
  await core.endSessions(user.id)
  const events = removed.map(({ id }) => eventOf('second-factor.reset', user.id, because, { factor: id }))
  if (passwordChangeRequired) events.push(eventOf('password.change-required', user.id, because))
  await report({ userId: user.id, events, notice: passwordChangeRequired ? 'factor-and-password-reset' : 'factor-reset', channels })
  return { removed: removed.map(({ id }) => id), hasNone, passwordChangeRequired }
}

/**
 * Ends all sessions, and lets nobody sign in with the present password: a new one has to be chosen by a link first.
 *
 * @throws AUTH_OPERATION_REFUSED where passwords cannot be reset by a link: nobody could sign in any more
 */
export async function forcePasswordChange (operations: Operations, userId: string, because: Because): Promise<void> {
  const { core, passwordReset, report } = operations
  if (!passwordReset) throw operationRefused('reset-off', 'Passwords cannot be reset by a link here (passwordReset, PASSWORD_RESET), so the person could not sign in any more.')
  const { user, turn } = await begin(operations, userId, because)
  if (passwordMethodOf(user) === undefined) throw await ended(turn, operationRefused('no-password', 'This account has no password.'))
  await turn.end(forcedChange())
  await core.endSessions(user.id)
  await report({ userId: user.id, events: [eventOf('password.change-required', user.id, because)], notice: 'password-change-required', channels: channelsIn(turn.metadata) })
}

/** Deletes SuperTokens' user of a number that nobody signs in with any more: nobody would find it when the account is deleted. */
async function forgetPhone (core: Core, { loginMethods }: CoreUser, number: string | undefined): Promise<void> {
  const e164 = toE164(number ?? '')
  if (e164 === undefined) return
  for (const tenantId of new Set(loginMethods.flatMap(({ tenantIds }) => tenantIds))) {
    for (const form of storedForms(e164)) {
      const others = await usersWith(core, tenantId, { email: form })
      const phones = others.length > 0 ? [] : await usersWith(core, tenantId, { phoneNumber: form })
      for (const phone of phones) if (phone.loginMethods.every(({ recipeId }) => recipeId === 'passwordless')) await removeUser(core, phone.id)
    }
  }
}

/**
 * Phone + password: gives an account another number, for people who have lost theirs. Ends all sessions; the new number has
 * to answer a code with the next sign-in.
 *
 * @throws AUTH_OPERATION_REFUSED for what is no number, and for one that another account has
 */
export async function changeNumber (operations: Operations, userId: string, { number, ...because }: { number: string } & Because): Promise<void> {
  const { core, byPhone, report } = operations
  const e164 = toE164(number)
  if (!byPhone) throw new OperationRefused('Accounts sign in with an e-mail address here. Reset the factor sms instead.')
  if (e164 === undefined) throw new OperationRefused('This is no phone number. Write it with its country code, such as +12125550123.')
  const { user, turn } = await begin(operations, userId, because)
  const account = passwordMethodOf(user)
  if (account === undefined || !await core.rename(account.recipeUserId, e164)) throw await ended(turn, new OperationRefused('Another account has this number.'))
  // Links went to the old number, whose phone a thief may have: one would give the account that number again.
  await turn.end({ ...withoutUndo(turn.metadata), ...unlocked(), [CREDENTIAL_CHANGED]: newMark(), [SESSIONS_ENDED]: newMark() })
  await core.endSessions(user.id)
  await forgetPhone(core, user, account.email)
  const before = account.email === undefined || isPlaceholder(account.email) ? {} : { phone: maskPhoneNumber(account.email) }
  await report({ userId: user.id, events: [eventOf('number.changed', user.id, because, before)] })
}
