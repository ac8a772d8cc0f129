import { claimsOf } from './claims.js'
import type { CoreClient } from './core-client.js'
import { wholeKey } from './identity.js'
import { lookUpAll } from './look-up.js'
import { missingLicence, type Licence } from './licence.js'
import { readQueue } from './queue.js'
import { failureOf, type UserLine } from './send.js'
import type { Failure } from './state.js'

interface Waiting { waiting: string[], failed: string[] }

/** What is known before anybody is sent. */
export interface Known {
  /** False for a Core without users. */
  lookUp: boolean
  licence: Licence
  /** Ids of copies in the queue, by the user. An earlier run may have sent them without noting it. */
  queue: Map<string, Waiting>
  /** Lines that are sent, by what they claim. */
  claims: Map<string, number>
}

export interface Sorted {
  missing: UserLine[]
  alreadyThere: number
  /** Users whom an earlier run has put into the queue. */
  queued: number
  failures: Failure[]
  /** Copies in the queue that can only fail, and those that have failed in an earlier run. */
  leftovers: string[]
}

export async function readWaiting (core: CoreClient): Promise<Known['queue']> {
  const queue: Known['queue'] = new Map()
  for await (const user of readQueue(core)) {
    const key = wholeKey(user)
    const copies = queue.get(key) ?? { waiting: [], failed: [] }
    copies[user.status === 'FAILED' ? 'failed' : 'waiting'].push(user.id)
    queue.set(key, copies)
  }
  return queue
}

/** Sorts lines into those to send and all others, of whom a Core would import none while it imports the batch's others. */
export async function sortLines (core: CoreClient, lines: UserLine[], known: Known): Promise<Sorted> {
  const sorted: Sorted = { missing: [], alreadyThere: 0, queued: 0, failures: [], leftovers: [] }
  const found = known.lookUp ? await lookUpAll(core, lines.map(({ user }) => user)) : []
  for (const [index, line] of lines.entries()) {
    const { waiting, failed } = known.queue.get(wholeKey(line.user)) ?? { waiting: [], failed: [] }
    const there = found[index] ?? 'nobody'
    const problem = typeof there === 'object' ? there.conflict : missingLicence(line.user, known.licence)
    if (there === 'there' || problem !== undefined) {
      if (there === 'there') sorted.alreadyThere++
      else sorted.failures.push(failureOf(line, problem as string))
      sorted.leftovers.push(...waiting, ...failed)
      continue
    }
    const claims = claimsOf(line.user)
    const repeated = claims.find(({ key }) => known.claims.has(key))
    if (repeated !== undefined) {
      const { externalUserId, ...failure } = failureOf(line, `repeats the ${repeated.what} of line ${known.claims.get(repeated.key)}`)
      // The other line imports a user with this id, on whom accounts may depend.
      sorted.failures.push(repeated.what === 'externalUserId' || externalUserId === undefined ? failure : { ...failure, externalUserId })
      continue
    }
    claim(line, known.claims, claims)
    sorted.leftovers.push(...waiting.slice(1), ...failed)
    if (waiting.length > 0) sorted.queued++
    else sorted.missing.push(line)
  }
  return sorted
}

export function claim ({ number, user }: UserLine, claims: Map<string, number>, own = claimsOf(user)): void {
  for (const { key } of own) claims.set(key, number)
}

/** Those of a batch that have not arrived, although no answer came. */
export async function notArrived (core: CoreClient, lines: UserLine[]): Promise<UserLine[]> {
  const queue = await readWaiting(core)
  const found = await lookUpAll(core, lines.map(({ user }) => user))
  return lines.filter(({ user }, index) => found[index] !== 'there' && !queue.has(wholeKey(user)))
}
