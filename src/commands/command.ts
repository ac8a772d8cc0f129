import type { ParseArgsOptionsConfig } from 'node:util'
import type { Environment } from '../config/read.js'

/** What a command may touch of the process; tests hand in their own. */
export interface Io {
  env: Environment
  /** Where `.env` is looked for. */
  cwd: string
  out (text: string): void
  err (text: string): void
  /** Whether somebody watches what goes to `err`. @default false */
  isTerminal?: boolean
}

/** Flags as read: `multiple` ones are lists. */
export type Flags = Record<string, string | boolean | Array<string | boolean> | undefined>

export interface Command {
  /** What follows the program's name. */
  usage: string
  about: string
  flags: ParseArgsOptionsConfig
  /** More for `--help`: a line for each flag, examples. */
  details: () => string
  /** The exit code; a server resolves with 0 once it listens and goes on. */
  run (flags: Flags, words: string[], io: Io): Promise<number>
}

/** An error that is the caller's: its message is all there is to say. */
export function failure (message: string, exitCode: 1 | 2): Error & { exitCode: number } {
  return Object.assign(new Error(message), { exitCode })
}
