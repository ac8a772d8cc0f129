import { changeNumber, forcePasswordChange, resetFactor, unlock } from '../account/operator.js'
import { listFactors } from '../account/operator-list.js'
import { startRecovery, stopRecovery } from '../account/operator-recovery.js'
import { toSeconds } from '../options/duration.js'
import { failure, textOf } from './command.js'
import { PEOPLE_ACTIONS } from './people-actions.js'
import { never, type Action } from './user-action.js'
import { utc } from './table.js'
import { factorLines } from './user-output.js'

const NO_FACTOR = 'The account has no second factor now.'

function waitOf (wait: string | undefined): { wait?: number } {
  if (wait === undefined) return {}
  try {
    return { wait: wait === '0' ? 0 : toSeconds(wait) }
  } catch {
    throw failure('--wait must be 0 or a duration such as 24h.', 2)
  }
}

/** What operators do, by name. One implementation with the functions of the library (`src/account/operator.ts`). */
export const ACTIONS: Record<string, Action> = {
  ...PEOPLE_ACTIONS,

  factors: {
    needsReason: never,
    async run ({ operations, userId }) {
      const account = await listFactors(operations, userId)
      return { lines: factorLines(account), result: account }
    }
  },

  unlock: {
    async run ({ operations, userId, because }) {
      await unlock(operations, userId, because)
      return { lines: [`The second factor of ${userId} is unlocked.`], result: { userId } }
    }
  },

  'reset-factor': {
    takes: '<factor|all>',
    async run ({ operations, userId, words: [factor = ''], because, flags }) {
      const reset = await resetFactor(operations, userId, { factor, keepPassword: flags['keep-password'] === true, ...because })
      const { removed, hasNone, passwordChangeRequired } = reset
      const left = passwordChangeRequired
        ? [`${NO_FACTOR} Its password signs nobody in until it is reset by a link; then the person sets up a second factor.`]
        : hasNone ? [`${NO_FACTOR} It takes that of whoever signs in first.`] : []
      return { lines: [`Removed from ${userId}: ${removed.join(', ')}. All sessions have ended.`, ...left], result: { userId, ...reset } }
    }
  },

  'force-password-change': {
    async run ({ operations, userId, because }) {
      await forcePasswordChange(operations, userId, because)
      return { lines: [`The password of ${userId} signs nobody in until it is reset by a link. All sessions have ended.`], result: { userId } }
    }
  },

  'change-number': {
    takes: '<number>',
    async run ({ operations, userId, words: [number = ''], because }) {
      await changeNumber(operations, userId, { number, ...because })
      return { lines: [`${userId} signs in with the new number now, and has to answer a code to it. All sessions have ended.`], result: { userId } }
    }
  },

  'start-recovery': {
    async run ({ operations, userId, because, flags }) {
      const started = await startRecovery(operations, userId, { ...waitOf(textOf(flags.wait)), ...because })
      return { lines: [`The recovery of ${userId} can be finished from ${utc(started.readyAt)} until ${utc(started.lapsesAt)}.`], result: { userId, ...started } }
    }
  },

  'stop-recovery': {
    async run ({ operations, userId, because }) {
      await stopRecovery(operations, userId, because)
      return { lines: [`The recovery of ${userId} is stopped.`], result: { userId } }
    }
  }
}
