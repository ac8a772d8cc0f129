import { appOf } from '../supertokens/sdk.js'
import type { createSecondFactorAudit } from './audit.js'
import type { Challenge } from './challenge.js'
import type { Checked, Factor, FactorContext, FactorTypes, GeneralError, Restart } from './factor.js'
import { whenAnswered } from './messages.js'
import type { Round } from './tries.js'

interface Attempt<Types extends FactorTypes, Outcome> {
  factor: Factor<Types>
  context: FactorContext
  challenge: Challenge
  given: Types['answer']
  events: ReturnType<typeof createSecondFactorAudit>
  check (answer: Types['answer'], tries?: Round): Promise<Outcome>
}

type Right<Outcome> = Extract<Outcome, { outcome: 'right' }>

/**
 * Checks an answer as one try of the user's: in time, read as people type it, counted before it is checked.
 *
 * @returns what a right answer yields, or what the client gets for any other
 */
export async function attemptAnswer<Types extends FactorTypes, Outcome extends Checked<Types['proof'], Types['rejection'] | Restart>> ({ factor, context, challenge, given, events, check }: Attempt<Types, Outcome>): Promise<{ right: Right<Outcome> } | { refused: Types['rejection'] | Restart | GeneralError }> {
  const { request: { session }, userContext } = context
  if (Date.now() - challenge.sentAt > factor.challengeLifetime * 1000) {
    return { refused: await factor.expired?.(context, challenge) ?? { status: 'RESTART_FLOW_ERROR' } }
  }
  const read = factor.read?.(challenge, given) ?? { answer: given }
  if ('message' in read) return { refused: { status: 'GENERAL_ERROR', message: read.message } }
  const guess = { userId: session.getUserId(), challengeId: challenge.id, factor: factor.id, strength: factor.strength }
  const answered = await whenAnswered(factor, challenge, guess.userId, userContext)
  const attempt = (tries?: Round) => check(read.answer, tries)
  const failures = appOf(userContext).twoFactor.limits?.failures
  const checked = await (failures === undefined ? attempt() : failures.attempt(guess, userContext, attempt))
  if (checked.outcome === 'wrong') events.wrong(userContext)
  if (checked.outcome !== 'right') return { refused: checked.rejection }
  await answered()
  return { right: checked as Right<Outcome> }
}
