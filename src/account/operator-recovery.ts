import { AGENDA_USER, channelsIn, planReminders, recoveryKey } from './agenda.js'
import { begin, ended, eventOf, type Because, type Operations } from './operator.js'
import { endedBy, newRecovery, phaseOf, RECOVERY, recoveryIn, shortened } from './recovery-record.js'
import { operationRefused } from './refusals.js'
import { OperationRefused } from '../errors.js'
import { toAddress } from '../second-factor/factors/email/address.js'
import { isEnrolledIn } from '../second-factor/factors/removal.js'
import { unlocked } from '../second-factor/failure-record.js'

export interface StartedRecovery {
  /** When the person can finish it, in milliseconds since 1970. */
  readyAt: number
  /** When it is too late. */
  lapsesAt: number
}

/**
 * Starts the recovery of an account whose owner the operator has identified, or shortens the one that is under way. The
 * person still needs the password and the mailbox to finish it, and the owner is told as of any other one.
 *
 * @param wait seconds until it can be finished, 0 for at once; @default the usual waiting time
 */
export async function startRecovery (operations: Operations, userId: string, { wait, ...because }: { wait?: number | undefined } & Because): Promise<StartedRecovery> {
  const { core, factors, recoveryWait, report } = operations
  if (recoveryWait === undefined) throw operationRefused('recovery-off', 'Accounts are not recovered here (accountRecovery, ACCOUNT_RECOVERY). Reset the factor instead.')
  if (wait !== undefined && !(Number.isFinite(wait) && wait >= 0)) throw new OperationRefused('The waiting time must be 0 seconds or more.')
  const waitMs = Math.min(recoveryWait, wait === undefined ? recoveryWait : wait * 1000)
  const { user, turn } = await begin(operations, userId, because)
  if (!factors.some((factor) => factor.isBackup !== true && isEnrolledIn(turn.metadata, factor))) throw await ended(turn, operationRefused('nothing-to-recover', 'The account has no second factor to recover.'))
  if (!user.loginMethods.some(({ email = '' }) => toAddress(email) !== undefined)) throw await ended(turn, operationRefused('no-mailbox', 'The account has no e-mail address to recover it by. Reset the factor instead.'))
  if (!await planReminders((changes) => core.update(AGENDA_USER, changes), user.id, Date.now(), { byOperator: true })) throw await ended(turn, operationRefused('recoveries-full', 'Too many recoveries are under way.'))
  const known = recoveryIn(turn.metadata)
  const recovery = known === undefined || phaseOf(known) === 'lapsed' ? newRecovery(Date.now(), waitMs) : shortened(known, waitMs)
  // A lock would keep the person from proving the mailbox.
  const written = await turn.end({ ...unlocked(), [RECOVERY]: recovery })
  await report({ userId: user.id, events: [eventOf('recovery.started', user.id, because)] })
  const { readyAt, lapsesAt } = recoveryIn(written) ?? recovery
  return { readyAt, lapsesAt }
}

/**
 * Stops a recovery. Another one can be started at once.
 *
 * @throws AUTH_OPERATION_REFUSED where none is under way
 */
export async function stopRecovery (operations: Operations, userId: string, because: Because): Promise<void> {
  const { core, report } = operations
  const { user, turn } = await begin(operations, userId, because)
  if (recoveryIn(turn.metadata) === undefined) throw await ended(turn, operationRefused('no-recovery', 'No recovery of this account is under way.'))
  await turn.end(endedBy('operator', turn.metadata))
  await core.update(AGENDA_USER, { [recoveryKey(user.id)]: null })
  await report({ userId: user.id, events: [eventOf('recovery.stopped', user.id, because)], notice: 'recovery-stopped', channels: channelsIn(turn.metadata) })
}
