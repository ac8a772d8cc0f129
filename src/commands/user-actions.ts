import { changeNumber, forcePasswordChange, resetFactor, unlock, type Because, type Operations } from '../account/operator.js'
import { listFactors } from '../account/operator-list.js'
import { startRecovery, stopRecovery } from '../account/operator-recovery.js'
import { toSeconds } from '../options/duration.js'
import { failure } from './command.js'
import { factorLines, utc } from './user-output.js'

/** What an action was given on the command line. */
export interface Given {
  operations: Operations
  userId: string
  /** The word after the user. */
  what: string
  because: Because
  keepPassword: boolean
  wait: string | undefined
}

/** What an action has done: for people, and for programs. */
interface Outcome {
  lines: string[]
  result: object
}

export interface Action {
  /** Words after the user. @default none */
  takes?: string
  /** @default true */
  changes?: false
  run (given: Given): Promise<Outcome>
}

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
  factors: {
    changes: false,
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
    async run ({ operations, userId, what, because, keepPassword }) {
      const reset = await resetFactor(operations, userId, { factor: what, keepPassword, ...because })
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
    async run ({ operations, userId, what, because }) {
      await changeNumber(operations, userId, { number: what, ...because })
      return { lines: [`${userId} signs in with the new number now, and has to answer a code to it. All sessions have ended.`], result: { userId } }
    }
  },

  'start-recovery': {
    async run ({ operations, userId, because, wait }) {
      const started = await startRecovery(operations, userId, { ...waitOf(wait), ...because })
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
