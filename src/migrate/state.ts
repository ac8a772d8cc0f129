import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { ImportStateInvalid } from '../errors.js'

/** A line that was not imported, with the reason. */
export interface Failure {
  line: number
  message: string
  externalUserId?: string
}

/** The progress of an import. Holds ids and messages, no users. */
export interface ImportState {
  /** The digest of the file. */
  file: string
  core: string
  /** The number of the last line that the Core has acknowledged. */
  line: number
  /** The number of users that the Core has taken into its queue, from this run or an earlier one. */
  queued: number
  failures: Failure[]
  /** Whether the Core has processed all of them, and `failures` is complete. */
  settled: boolean
  alreadyThere: number
  /** Queue ids of failed users, which still have to be removed from the Core's queue because of their hashes. */
  leftovers: string[]
}

/** The state of an earlier run, or a new one. @throws ImportStateInvalid if it is of another file or Core */
export function loadState (path: string | undefined, file: string, core: string): ImportState {
  const fresh: ImportState = { file, core, line: 0, queued: 0, failures: [], settled: false, alreadyThere: 0, leftovers: [] }
  if (path === undefined) return fresh
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return fresh
    throw error
  }
  let state: Partial<ImportState>
  try {
    state = { ...JSON.parse(text) }
  } catch {
    throw new ImportStateInvalid(`${path} is not a state file`)
  }
  if (state.file !== file) throw new ImportStateInvalid(`${path} belongs to another file, or to this file before it was changed`)
  if (state.core !== core) throw new ImportStateInvalid(`${path} belongs to another Core, ${state.core}`)
  return { ...fresh, ...state }
}

/** Replaces the file atomically: the process may be killed at any point. */
export function saveState (path: string | undefined, state: ImportState): void {
  if (path === undefined) return
  const next = `${path}.next`
  const descriptor = openSync(next, 'w', 0o600)
  writeFileSync(descriptor, JSON.stringify(state))
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(next, path)
}
