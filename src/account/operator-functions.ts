import type { FastifyInstance } from 'fastify'
import { requireAudit } from '../audit/audit.js'
import { changeNumber, forcePasswordChange as force, resetFactor, type Because, type Operations, type Reset, type ResetResult } from './operator.js'
import { listFactors, type ListedAccount } from './operator-list.js'
import { startRecovery, stopRecovery, type StartedRecovery } from './operator-recovery.js'

/*
 * What operators do to an account, for apps that have an interface of their own for them. The command `fastify-2fa user` does
 * the same. Each publishes an audit event with who and why, and tells the owner on every channel. Make sure who is asking: the
 * person who knows the password may be the thief. Each throws AUTH_USER_UNKNOWN, AUTH_OPERATION_REFUSED with what is wrong,
 * and AUTH_CHANGE_UNDER_WAY while somebody else changes the account.
 */

/** @throws AUTH_AUDIT_UNAVAILABLE where what is done has to leave a trace, and cannot */
export function traced (app: FastifyInstance): Operations {
  requireAudit(app)
  return app.twoFactor.operations
}

/** What a user has enrolled, masked, and whether something stands in their way. */
export async function listSecondFactors (app: FastifyInstance, userId: string): Promise<ListedAccount> {
  return await listFactors(app.twoFactor.operations, userId)
}

/**
 * Removes a second factor, or all of them, unlocks the account and ends its sessions.
 *
 * Without a second factor, an account takes that of whoever has its password. So the last one takes the password with it, which
 * the owner then chooses anew by a link; `keepPassword` leaves it.
 */
export async function resetSecondFactor (app: FastifyInstance, userId: string, reset: Reset & Because): Promise<ResetResult> {
  return await resetFactor(traced(app), userId, reset)
}

/** Ends all sessions. A new password has to be chosen by a link before the next sign-in with one. */
export async function forcePasswordChange (app: FastifyInstance, userId: string, because: Because): Promise<void> {
  await force(traced(app), userId, because)
}

/** Phone + password: gives an account another number. */
export async function changePhoneNumber (app: FastifyInstance, userId: string, change: { number: string } & Because): Promise<void> {
  await changeNumber(traced(app), userId, change)
}

/**
 * Starts the recovery of an account, or shortens the one that is under way.
 *
 * @param options `wait`: seconds, `recoveryPeriod` at most; @default `recoveryPeriod`
 */
export async function startAccountRecovery (app: FastifyInstance, userId: string, options: { wait?: number } & Because): Promise<StartedRecovery> {
  const started = await startRecovery(traced(app), userId, options)
  app.twoFactor.deliverInBackground(app.twoFactor.keepHouse())
  return started
}

/** Stops the recovery of an account. */
export async function stopAccountRecovery (app: FastifyInstance, userId: string, because: Because): Promise<void> {
  await stopRecovery(traced(app), userId, because)
}
