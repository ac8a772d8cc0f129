import type { Because, Operations } from '../account/operator.js'
import type { Flags, Io } from './command.js'

/** What an action was given on the command line. */
export interface Given {
  operations: Operations
  /** Empty for an action on nobody in particular. */
  userId: string
  /** The user as they were named. */
  who: string
  tenantId: string
  /** The words after the user. */
  words: string[]
  because: Because
  flags: Flags
  io: Io
}

/** What an action has done: for people, and for programs. */
export interface Outcome {
  lines: string[]
  result: object
}

export interface Action {
  /** Words after the user. @default none */
  takes?: string
  /** How many of them. @default as many as `takes` names */
  counts?: readonly number[]
  /** Whether it is about one user. @default true */
  isAboutOne?: false
  /** Whether somebody has to answer for it, with these words. @default true */
  needsReason? (words: readonly string[]): boolean
  run (given: Given): Promise<Outcome>
}

/** For actions that only show something. */
export const never = (): boolean => false
