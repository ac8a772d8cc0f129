import { bodyOf, createCoreClient, type CoreClient } from './core-client.js'
import { ImportRefused } from '../errors.js'
import { createDefinitions } from './definitions.js'
import { inspectFile, readUsers } from './lines.js'
import { sendUsers, type UserLine } from './send.js'
import { listFailed, removeFromQueue, settleFailed, waitForQueue } from './settle.js'
import { type Failure, type ImportState, loadState, saveState } from './state.js'

export type { Failure } from './state.js'

export interface ImportProgress {
  phase: 'sending' | 'importing' | 'checking'
  done: number
  total: number
}

export interface ImportOptions {
  /** A file written by `fastify-2fa export`, or users in the bulk-import format, one per line. */
  file: string
  /** The Core to import into, as for supertokens-node. With `/appid-<id>`, an app of it. */
  connectionURI: string
  apiKey?: string | undefined
  /** Users per request, 10 000 at most. @default 500 */
  batch?: number
  /**
   * Where to keep the progress, so that a killed import can be resumed.
   * @default none: the import starts again, which is harmless
   */
  stateFile?: string | undefined
  /**
   * How long the Core's queue may stand still, in milliseconds. The real Core checks it every five minutes.
   * @default 900000
   */
  patience?: number
  /** Attempts per request. @default 7 */
  tries?: number
  /** Milliseconds before the second attempt. Doubles with each attempt. @default 200 */
  retryDelay?: number
  onProgress?: (progress: ImportProgress) => void
}

export interface ImportResult {
  /** The number of users in the file. */
  total: number
  imported: number
  /** Users imported by an earlier run, or by an earlier attempt of this one. */
  alreadyThere: number
  /** Lines that could not be imported, in order. */
  failures: Failure[]
  /** Users who were imported but cannot pass the second factor, because their phone is among the failures. */
  withoutPhone: Failure[]
}

/** The most characters of users in one request, unless a single user is longer. */
const MAX_BATCH_LENGTH = 16_000_000

/**
 * Sends users to a Core and waits until it has imported them. Uses the Core's queue, which survives crashes of either
 * side. The synchronous route (`/bulk-import/import`) opens new database pools for every single user.
 *
 * @returns the counts, and every line that could not be imported
 * @throws ImportFileInvalid, ImportStateInvalid, ImportRefused, ImportUnreachable, ImportStalled
 */
export async function importUsers (options: ImportOptions): Promise<ImportResult> {
  const { file, connectionURI, stateFile, patience = 900_000, onProgress = () => {} } = options
  const { digest, users: total, header } = await inspectFile(file)
  const state = loadState(stateFile, digest, connectionURI)
  const core = createCoreClient(options)
  await checkCore(core)
  if (!state.settled) {
    if (header !== undefined) await createDefinitions(core, header)
    await sendFile(core, options, state, total)
    await waitForQueue(core, patience, (waiting) => onProgress({ phase: 'importing', done: Math.max(state.queued - waiting, 0), total: state.queued }))
    await settle(core, options, state)
  }
  await removeFromQueue(core, state.leftovers)
  state.leftovers = []
  saveState(stateFile, state)
  const failures = state.failures.toSorted((a, b) => a.line - b.line)
  return {
    total,
    imported: total - failures.length - state.alreadyThere,
    alreadyThere: state.alreadyThere,
    failures,
    withoutPhone: await findWithoutPhone(file, failures)
  }
}

async function checkCore (core: CoreClient): Promise<void> {
  const answer = await core('GET', '/apiversion')
  const { versions } = bodyOf<{ versions: string[] }>(answer)
  if (!versions.includes('5.4')) throw new ImportRefused('it does not speak version 5.4 of the Core Driver Interface')
}

async function sendFile (core: CoreClient, { file, batch = 500, stateFile, onProgress = () => {} }: ImportOptions, state: ImportState, total: number): Promise<void> {
  let seen = 0
  let line = 0
  let length = 0
  let malformed: Failure[] = []
  let users: UserLine[] = []

  async function flush (): Promise<void> {
    const refused = await sendUsers(core, users)
    state.queued += users.length - refused.length
    state.failures.push(...malformed, ...refused)
    state.line = line
    saveState(stateFile, state)
    ;[malformed, users, length] = [[], [], 0]
    onProgress({ phase: 'sending', done: seen, total })
  }

  for await (const content of readUsers(file)) {
    seen++
    if (content.number <= state.line) continue
    if (length + content.text.length > MAX_BATCH_LENGTH) await flush()
    line = content.number
    length += content.text.length
    if ('user' in content) users.push(content)
    else malformed.push({ line, message: content.problem })
    if (users.length + malformed.length >= batch) await flush()
  }
  if (users.length + malformed.length > 0) await flush()
}

async function settle (core: CoreClient, { file, stateFile, onProgress = () => {} }: ImportOptions, state: ImportState): Promise<void> {
  const failed = await listFailed(core)
  const { failures, alreadyThere, ids } = await settleFailed(core, file, failed, (done) => onProgress({ phase: 'checking', done, total: failed.size }))
  state.failures.push(...failures)
  // Save before anything is removed from the queue: afterwards the Core can no longer tell.
  saveState(stateFile, Object.assign(state, { alreadyThere, leftovers: ids, settled: true }))
}

/** Finds accounts that point to a phone that was not imported. They are locked and cannot enrol another phone. */
async function findWithoutPhone (file: string, failures: Failure[]): Promise<Failure[]> {
  const lost = new Map(failures.flatMap(({ externalUserId, line }) => externalUserId === undefined ? [] : [[externalUserId, line]]))
  const notThere = new Set(failures.map(({ line }) => line))
  const found: Failure[] = []
  if (lost.size === 0) return found
  for await (const content of readUsers(file)) {
    if (!('user' in content) || notThere.has(content.number)) continue
    const pinned = content.user.userMetadata?.passwordlessUserId
    const line = typeof pinned === 'string' ? lost.get(pinned) : undefined
    if (line !== undefined) found.push({ line: content.number, message: `was imported, but its phone (line ${line}) was not. The second factor stays locked until the phone is imported` })
  }
  return found
}
