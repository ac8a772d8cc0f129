import { systemClock } from './clock.js'
import { bodyOf, createCoreClient, type CoreClient } from './core-client.js'
import { ImportRefused, ImportStalled } from '../errors.js'
import { createDefinitions } from './definitions.js'
import { licenceNotices, readLicence } from './licence.js'
import { inspectFile, readUsers } from './lines.js'
import { hasNoUsers } from './look-up.js'
import type { ImportOptions, ImportResult } from './options.js'
import { removeFromQueue } from './queue.js'
import { sendFile } from './send-file.js'
import { settleFailed } from './settle.js'
import { readWaiting } from './sort.js'
import { type Failure, type ImportState, loadState, saveState } from './state.js'
import { waitForQueue, type Stall } from './wait.js'

export type { ImportOptions, ImportProgress, ImportResult } from './options.js'
export type { Failure } from './state.js'

/**
 * Sends users who are not there yet to a Core and waits until it has imported them. Uses the Core's queue, which survives
 * crashes of either side. The synchronous route (`/bulk-import/import`) opens new database pools for every single user.
 *
 * @returns the counts, and every line that could not be imported
 * @throws ImportFileInvalid, ImportStateInvalid, ImportRefused, ImportUnreachable, ImportStalled
 */
export async function importUsers (options: ImportOptions, clock = systemClock): Promise<ImportResult> {
  const { file, connectionURI, dryRun = false, patience = 900_000, onProgress = () => {}, onNotice = () => {} } = options
  const stateFile = dryRun ? undefined : options.stateFile
  const { digest, users: total, header } = await inspectFile(file)
  const state = loadState(stateFile, digest, connectionURI)
  const core = createCoreClient(options, clock)
  await checkCore(core)
  await removeLeftovers(core, stateFile, state)
  if (!state.settled) {
    const licence = await readLicence(core)
    for (const notice of await licenceNotices(file, licence)) onNotice(notice)
    if (header !== undefined) await createDefinitions(core, header, licence, dryRun)
    const queue = await readWaiting(core)
    const lookUp = queue.size > 0 || !await hasNoUsers(core)
    await sendFile(core, clock, options, state, { lookUp, licence, queue, claims: new Map() }, total)
    if (!dryRun) {
      const stall = state.queued === 0
        ? undefined
        : await waitForQueue(core, clock, patience, (waiting, secondsLeft) => onProgress({ phase: 'importing', done: Math.max(state.queued - waiting, 0), total: state.queued, secondsLeft }))
      await settle(core, options, state, stall === undefined)
      if (stall !== undefined) throw new ImportStalled(explainStall(stall, patience, state.failures))
    }
  }
  const failures = state.failures.toSorted((a, b) => a.line - b.line)
  return {
    total,
    imported: total - failures.length - state.alreadyThere,
    alreadyThere: state.alreadyThere,
    failures,
    withoutPhone: await findWithoutPhone(file, failures, dryRun ? 'would be' : 'was')
  }
}

async function checkCore (core: CoreClient): Promise<void> {
  const answer = await core('GET', '/apiversion')
  const { versions } = bodyOf<{ versions?: string[] }>(answer)
  if (versions?.includes('5.4') !== true) throw new ImportRefused('it does not speak version 5.4 of the Core Driver Interface')
}

/** Takes failed users out of the queue, once they are noted. */
async function settle (core: CoreClient, { file, stateFile, onProgress = () => {} }: ImportOptions, state: ImportState, settled: boolean): Promise<void> {
  const noted = new Set(state.failures.map(({ line }) => line))
  const { failures, alreadyThere, ids } = await settleFailed(core, file, noted, (done, total) => onProgress({ phase: 'checking', done, total }))
  state.failures.push(...failures)
  // Save before anything is removed from the queue: afterwards the Core can no longer tell.
  saveState(stateFile, Object.assign(state, { alreadyThere: state.alreadyThere + alreadyThere, leftovers: ids, settled }))
  await removeLeftovers(core, stateFile, state)
}

async function removeLeftovers (core: CoreClient, stateFile: string | undefined, state: ImportState): Promise<void> {
  if (state.leftovers.length === 0) return
  await removeFromQueue(core, state.leftovers)
  state.leftovers = []
  saveState(stateFile, state)
}

const NAMED = 20

function explainStall ({ waiting, refused }: Stall, patience: number, failures: Failure[]): string {
  const start = `${waiting} users are waiting in the Core's queue, and it has ${refused === 0 ? 'processed' : 'imported'} none for ${Math.round(patience / 1000)} s`
  const lines = failures.slice(-NAMED).map(({ line, message }) => `line ${line}: ${message}`).join('\n')
  if (refused === 0) return `${start}. They are safe there. Run the command again to see what became of them.`
  return `${start}, only refused ${refused}. It imports nobody of a batch from which it refuses one. Correct or remove these lines, or raise --wait, and run the command again:\n${lines}`
}

/** Finds accounts that point to a phone that was not imported. They are locked and cannot enrol another phone. */
async function findWithoutPhone (file: string, failures: Failure[], was: string): Promise<Failure[]> {
  const lost = new Map(failures.flatMap(({ externalUserId, line }) => externalUserId === undefined ? [] : [[externalUserId, line]]))
  const notThere = new Set(failures.map(({ line }) => line))
  const found: Failure[] = []
  if (lost.size === 0) return found
  for await (const content of readUsers(file)) {
    if (!('user' in content) || notThere.has(content.number)) continue
    const pinned = content.user.userMetadata?.passwordlessUserId
    const line = typeof pinned === 'string' ? lost.get(pinned) : undefined
    if (line !== undefined) found.push({ line: content.number, message: `${was} imported, but not its phone (line ${line}). The second factor stays locked until the phone is imported` })
  }
  return found
}
