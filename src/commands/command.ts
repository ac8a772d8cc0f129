import type { ParseArgsOptionsConfig } from 'node:util'
import type { Environment } from '../config/read.js'

/** The parts of the process that a command may use. Tests pass their own. */
export interface Io {
  env: Environment
  /** Directory of the `.env` file. */
  cwd: string
  out (text: string): void
  err (text: string): void
  /** Whether `err` is a terminal. @default false */
  isTerminal?: boolean
  /** Asks the person at the terminal. @default nobody is there */
  ask? (question: string): Promise<string>
}

/** Parsed flags. A flag with `multiple` is a list. */
export type Flags = Record<string, string | boolean | Array<string | boolean> | undefined>

export const textOf = (flag: Flags[string]): string | undefined => flag === undefined ? undefined : String(flag)

export interface Command {
  /** The command line after the program's name. */
  usage: string
  about: string
  flags: ParseArgsOptionsConfig
  /** Further text for `--help`: one line per flag, examples. */
  details: () => string
  /** Resolves with the exit code. A server resolves with 0 once it listens, and keeps running. */
  run (flags: Flags, words: string[], io: Io): Promise<number>
}

/** An error caused by the user. Only its message is printed, without a stack. */
export function failure (message: string, exitCode: 1 | 2): Error & { exitCode: number } {
  return Object.assign(new Error(message), { exitCode })
}
