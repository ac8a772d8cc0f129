import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { CORE_OVERLOADED } from './errors.js'
import { hashed, type Hashed } from './hashed.js'

/** A password that waited in vain. It was not looked at, and may be sent again after `retryAfter` seconds. */
export interface Overload extends Error {
  retryAfter: number
  /** Whether it is the first one since the queue was last empty. One line in the log is enough. */
  isNew: boolean
}

export interface HashJob {
  /** How long the work takes, in milliseconds, as long as nothing has been measured. */
  guessMs: number
  /** The account whose owner has probably sent this, such as an email where they have signed in before. */
  owner?: string | undefined
  /** False for work that nobody waits for. @default true */
  refusable?: boolean
}

export interface HashQueue {
  /**
   * Runs the work when its turn comes.
   *
   * @throws CORE_OVERLOADED, as {@link Overload}, at once if it would have to wait for too long, or as soon as that is known
   */
  run <Result> (job: HashJob, work: () => Promise<Result>): Promise<Result>
}

/** How much there is to do now, and how much was refused. */
export interface Hashing {
  waiting: number
  running: number
  /** Since the start. */
  refused: number
}

export interface HashQueueOptions {
  /** The longest wait in milliseconds; 0 for no limit. @default 4000 */
  maxWait?: number
  /** How much is worked on at a time. @default one for each CPU core, as far as libuv has threads for it */
  width?: number
  /** A clock that only runs forward, in milliseconds. @default performance.now */
  elapsed?: () => number
}

type Lane = 'owners' | 'anyone'
interface Waiting { start (): void, refuse: ((error: Error) => void) | undefined }

/** Below the five seconds after which clients of a Core give up: what they no longer wait for must not be worked on. */
export const MAX_WAIT_MS = 4000
/** The rest of those five seconds. Work that takes longer has to begin so much sooner. */
const WORK_MS = 1000
/** Weight of the newest measurement. */
const SHARE = 0.2

export function isOverload (error: Error): error is Overload {
  return 'retryAfter' in error
}

/**
 * Hashing takes a thread of libuv for a tenth of a second. One of its threads is left to others: signing a token or reading a
 * file must not wait for passwords.
 */
function defaultWidth (): number {
  // Node's own setting, and nothing else tells the number.
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4) || 4 // eslint-disable-line n/no-process-env
  return Math.max(1, Math.min(availableParallelism(), threads - 1))
}

/**
 * Work that strangers can cause and that keeps a CPU core busy, a few at a time. If more comes than can be done, what would
 * wait for too long is refused at once: without that, everybody waits until nobody waits any longer.
 *
 * There are two lanes, which take turns, so each has half of the time whatever fills the other. That is what a wait is
 * reckoned by. Owners have one lane, with one place for each account: whoever has one account cannot fill it. If many
 * accounts do, the other owners wait with everybody else.
 */
export function createHashQueue ({ maxWait = MAX_WAIT_MS, width = defaultWidth(), elapsed = () => performance.now() }: HashQueueOptions = {}): HashQueue & { state (): Hashing } {
  const lanes: Record<Lane, Waiting[]> = { owners: [], anyone: [] }
  const owners = new Set<string>()
  let running = 0
  let turn: Lane = 'owners'
  let measuredMs: number | undefined
  let refusing = false
  let refused = 0

  const duration = (guessMs: number) => Math.max(1, measuredMs ?? guessMs)
  /** The wait behind so many of the same lane, in milliseconds. */
  const waitBehind = (count: number, guessMs: number) => 2 * (count + 1) * duration(guessMs) / width
  const isTooLong = (wait: number, guessMs: number) => maxWait > 0 && wait + Math.max(0, duration(guessMs) - WORK_MS) > maxWait
  const isFull = (lane: Lane, { guessMs }: HashJob) => running >= width && isTooLong(waitBehind(lanes[lane].length, guessMs), guessMs)

  function overload (wait: number): Overload {
    const isNew = !refusing
    refusing = true
    refused++
    return Object.assign(new CORE_OVERLOADED(), { retryAfter: Math.ceil(wait / 1000), isNew })
  }

  function startNext (): void {
    const other = turn === 'owners' ? 'anyone' : 'owners'
    const lane = lanes[turn].length > 0 ? turn : other
    turn = lane === 'owners' ? 'anyone' : 'owners'
    lanes[lane].shift()?.start()
  }

  /** Resolves when a place is free. It is taken by then, or another could slip in. */
  async function takePlace (lane: Lane, job: HashJob): Promise<void> {
    if (running < width) {
      running++
      return
    }
    const { guessMs, refusable = true } = job
    if (refusable && isFull(lane, job)) throw overload(waitBehind(lanes[lane].length, guessMs))
    await new Promise<void>((resolve, reject) => { lanes[lane].push({ start: resolve, refuse: refusable ? reject : undefined }) })
  }

  /** Refuses the last ones, if it takes longer than was thought when they came, as in the first moment of a flood. */
  function refuseLast (lane: Lane, tookMs: number): void {
    const waiting = lanes[lane]
    for (let index = waiting.length - 1; index >= 0; index--) {
      const wait = waitBehind(index, tookMs)
      if (!isTooLong(wait, tookMs)) return
      const { refuse } = waiting[index] as Waiting
      if (refuse === undefined) continue
      waiting.splice(index, 1)
      refuse(overload(wait))
    }
  }

  function leavePlace (): void {
    if (lanes.owners.length + lanes.anyone.length === 0) {
      running--
      refusing = false
    } else {
      startNext()
    }
  }

  async function work <Result> (lane: Lane, job: HashJob, work: () => Promise<Result>): Promise<Result> {
    const came = elapsed()
    await takePlace(lane, job)
    const start = elapsed()
    try {
      return await work()
    } finally {
      const took = elapsed() - start
      if (hashed.hasSubscribers) hashed.publish({ waitedMs: start - came, tookMs: took } satisfies Hashed)
      measuredMs = measuredMs === undefined ? took : measuredMs + SHARE * (took - measuredMs)
      for (const each of ['owners', 'anyone'] as const) refuseLast(each, measuredMs)
      leavePlace()
    }
  }

  return {
    async run (job, task) {
      const { owner } = job
      if (owner === undefined || owners.has(owner) || isFull('owners', job)) return await work('anyone', job, task)
      owners.add(owner)
      try {
        return await work('owners', job, task)
      } finally {
        owners.delete(owner)
      }
    },
    state: () => ({ waiting: lanes.owners.length + lanes.anyone.length, running, refused })
  }
}
