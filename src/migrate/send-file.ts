import type { Clock } from './clock.js'
import type { CoreClient } from './core-client.js'
import { createEstimate } from './estimate.js'
import { readUsers } from './lines.js'
import type { ImportOptions } from './options.js'
import { removeFromQueue } from './queue.js'
import { sendUsers, type UserLine } from './send.js'
import { claim, notArrived, sortLines, type Known } from './sort.js'
import { type Failure, type ImportState, saveState } from './state.js'

/** The most characters of users in one request, unless a single user is longer. */
const MAX_BATCH_LENGTH = 16_000_000

/** Sends the users of a file that are missing in the Core, batch by batch. A dry run only finds out which they are. */
export async function sendFile (core: CoreClient, clock: Clock, options: ImportOptions, state: ImportState, known: Known, total: number): Promise<void> {
  const { file, batch = 500, stateFile, dryRun = false, onProgress = () => {} } = options
  const estimate = createEstimate(clock.now)
  const failed = new Set(state.failures.map(({ line }) => line))
  let seen = 0
  let line = 0
  let length = 0
  let malformed: Failure[] = []
  let users: UserLine[] = []

  async function flush (): Promise<void> {
    const { missing, alreadyThere, queued, failures, leftovers } = await sortLines(core, users, known)
    if (!dryRun) {
      await removeFromQueue(core, leftovers)
      const refused = await sendUsers(core, missing, async (lines) => await notArrived(core, lines))
      failures.push(...refused)
      state.queued += queued + missing.length - refused.length
    }
    state.alreadyThere += alreadyThere
    state.failures.push(...malformed, ...failures)
    state.line = line
    if (!dryRun) saveState(stateFile, state)
    ;[malformed, users, length] = [[], [], 0]
    onProgress({ phase: dryRun ? 'checking' : 'sending', done: seen, total, secondsLeft: estimate(total - seen) })
  }

  for await (const content of readUsers(file)) {
    if (content.number <= state.line) {
      seen++
      if ('user' in content && !failed.has(content.number)) claim(content, known.claims)
      continue
    }
    const pending = users.length + malformed.length
    if (pending === batch || (pending > 0 && length + content.text.length > MAX_BATCH_LENGTH)) await flush()
    seen++
    line = content.number
    length += content.text.length
    if ('user' in content) users.push(content)
    else malformed.push({ line, message: content.problem })
  }
  if (users.length + malformed.length > 0) await flush()
}
