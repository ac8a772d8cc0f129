import type { CoreClient } from './core-client.js'
import { userKey } from './identity.js'
import { readUsers } from './lines.js'
import { lookUpAll } from './look-up.js'
import { readQueue } from './queue.js'
import { failureOf, type UserLine } from './send.js'
import type { Failure } from './state.js'

interface Failed { ids: string[], message: string }

/** Users in the queue whose import failed, under the `userKey` that finds them in the file. */
async function listFailed (core: CoreClient): Promise<Map<string, Failed>> {
  const failed = new Map<string, Failed>()
  for await (const user of readQueue(core, 'FAILED')) {
    const key = userKey(user)
    failed.set(key, { ids: [...failed.get(key)?.ids ?? [], user.id], message: user.errorMessage ?? 'the Core gives no reason' })
  }
  return failed
}

const AT_ONCE = 100

export interface Settled {
  failures: Failure[]
  alreadyThere: number
  /** Queue ids of both, which the caller must remove from the queue, since their hashes are in it. */
  ids: string[]
}

/**
 * Sorts users that failed in the queue into those who are in the Core all the same and real failures. Lines in `noted`
 * were never sent.
 */
export async function settleFailed (core: CoreClient, file: string, noted: Set<number>, onProgress: (done: number, total: number) => void): Promise<Settled> {
  const settled: Settled = { failures: [], alreadyThere: 0, ids: [] }
  const failed = await listFailed(core)
  let lines: UserLine[] = []
  const flush = async () => {
    const found = await lookUpAll(core, lines.map(({ user }) => user))
    for (const [index, line] of lines.entries()) {
      const { message, ids } = failed.get(userKey(line.user)) as Failed
      if (found[index] === 'there') settled.alreadyThere++
      else settled.failures.push(failureOf(line, message))
      settled.ids.push(...ids)
    }
    lines = []
    onProgress(settled.failures.length + settled.alreadyThere, failed.size)
  }
  if (failed.size === 0) return settled
  for await (const line of readUsers(file)) {
    if (!('user' in line) || noted.has(line.number) || !failed.has(userKey(line.user))) continue
    lines.push(line)
    if (lines.length === AT_ONCE) await flush()
  }
  await flush()
  return { ...settled, ids: [...new Set(settled.ids)] }
}
