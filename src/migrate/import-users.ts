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
  /** A file that `fastify-2fa export` has written, or users in the bulk-import format, one a line. */
  file: string
  /** The Core that the users go to, as supertokens-node takes it; with `/appid-<id>` an app of it. */
  connectionURI: string
  apiKey?: string | undefined
  /** Users in one request, 10 000 at most. @default 500 */
  batch?: number
  /** Where progress is kept, so that an import that was killed goes on where it was. @default nowhere: it starts again, which does no harm */
  stateFile?: string | undefined
  /** Milliseconds that the Core's queue may stand still. The real Core looks into it every five minutes. @default 900000 */
  patience?: number
  /** How often an answer is tried for. @default 7 */
  tries?: number
  /** Milliseconds before the second try; doubles from try to try. @default 200 */
  retryDelay?: number
  onProgress?: (progress: ImportProgress) => void
}

export interface ImportResult {
  /** Users in the file. */
  total: number
  imported: number
  /** Those that an earlier run, or an earlier try of this one, had imported. */
  alreadyThere: number
  /** Lines that are no users of the Core, in order. */
  failures: Failure[]
  /** Users who were imported but cannot pass their second factor, since their phone is among the failures. */
  withoutPhone: Failure[]
}

/** More than this is not put into one request, however few users it is. */
const MAX_BATCH_LENGTH = 16_000_000

/**
 * Sends users to a Core and waits until it has imported them. Goes through the Core's queue, which survives crashes of either
 * side; the synchronous way in (`/bulk-import/import`) opens new database pools for every single user.
 *
 * @returns what became of each line; throws only when nothing more can be done
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
  // Written down before anything is taken out of the queue: the Core will not tell it again.
  saveState(stateFile, Object.assign(state, { alreadyThere, leftovers: ids, settled: true }))
}

/** An account that points to a phone nobody has is locked, and not open for another phone: whoever runs the import has to know. */
async function findWithoutPhone (file: string, failures: Failure[]): Promise<Failure[]> {
  const lost = new Map(failures.flatMap(({ externalUserId, line }) => externalUserId === undefined ? [] : [[externalUserId, line]]))
  const notThere = new Set(failures.map(({ line }) => line))
  const found: Failure[] = []
  if (lost.size === 0) return found
  for await (const content of readUsers(file)) {
    if (!('user' in content) || notThere.has(content.number)) continue
    const pinned = content.user.userMetadata?.passwordlessUserId
    const line = typeof pinned === 'string' ? lost.get(pinned) : undefined
    if (line !== undefined) found.push({ line: content.number, message: `was imported, but its phone (line ${line}) was not: the second factor is locked until it is` })
  }
  return found
}
