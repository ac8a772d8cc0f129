import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { ImportStateInvalid } from '../errors.js'

/** A line that did not become a user, and why. */
export interface Failure {
  line: number
  message: string
  externalUserId?: string
}

/** How far an import has come. It holds ids and messages, no users. */
export interface ImportState {
  /** Digest of the file. */
  file: string
  core: string
  /** The last line that the Core has acknowledged. */
  line: number
  /** Users that the Core has taken into its queue. */
  queued: number
  failures: Failure[]
  /** Whether the Core is through with all of them, and `failures` is complete. */
  settled: boolean
  alreadyThere: number
  /** What is left of this import in the Core's queue, and is to be removed: failed users, with their hashes. */
  leftovers: string[]
}

/** The state of an earlier try, or a fresh one. */
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
    throw new ImportStateInvalid(`${path} is no state file`)
  }
  if (state.file !== file) throw new ImportStateInvalid(`${path} belongs to another file, or to this one before it was changed`)
  if (state.core !== core) throw new ImportStateInvalid(`${path} belongs to another Core, ${state.core}`)
  return { ...fresh, ...state }
}

/** Old or new, never half: the process may be killed at any point of it. */
export function saveState (path: string | undefined, state: ImportState): void {
  if (path === undefined) return
  const next = `${path}.next`
  const descriptor = openSync(next, 'w', 0o600)
  writeSync(descriptor, JSON.stringify(state))
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(next, path)
}
