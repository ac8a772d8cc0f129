import { OperationRefused } from '../errors.js'

/** Refusals that the admin page says in words of its own, and in the language of whoever is in front of it. */
export type RefusalName =
  | 'no-account' | 'no-such-factor' | 'phone-is-login' | 'nothing-enrolled' | 'could-be-taken-over' | 'session-gone'
  | 'recovery-off' | 'nothing-to-recover' | 'no-mailbox' | 'recoveries-full' | 'no-recovery' | 'reset-off' | 'no-password'
  | 'one-name' | 'no-search'

/** A refusal of an operation. `text` is for the API and the command; programs go by the code. */
export function operationRefused (why: RefusalName, text: string): Error & { why: RefusalName } {
  return Object.assign(new OperationRefused(text), { why })
}
