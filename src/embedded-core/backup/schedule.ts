import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import type { FastifyBaseLogger } from 'fastify'
import { codeOf, type CoreEvent } from '../core-event.js'
import { CORE_OPTION_INVALID } from '../errors.js'
import { stampOf } from '../storage/files.js'
import { readBackupKeys } from './encryption.js'
import type { BackupOptions, BackupSummary } from './write.js'

export interface ScheduleOptions {
  /** Where the backups go. It must exist: one that is missing may be a volume that is not there. Nobody else may write there. */
  directory: string
  /** Milliseconds from one backup to the next. @default a day */
  every?: number
  /** How many are kept. @default 7 */
  keep?: number
  /** Encrypts them. @default none */
  key?: string | string[]
}

export interface BackupState {
  /** The newest good one: when it was begun, and its path. Those of earlier processes count. */
  readonly last: { readonly at: Date, readonly path: string } | undefined
  /** The code of the error, if there was none since. */
  readonly failure: { readonly at: Date, readonly code: string } | undefined
  /** How many have failed since the start. */
  readonly failures: number
  /** Milliseconds from one to the next. */
  readonly every: number
}

export interface Schedule {
  state (): BackupState
  /** Begins one if it is time for it. Resolves when it is done. */
  tick (): Promise<void>
  /** Checks another key. @returns encrypts further ones with it @throws CORE_OPTION_INVALID */
  prepareKey (next: string | string[]): () => void
  stop (): void
}

interface Parts {
  file: string
  backup: (path: string, options: BackupOptions) => Promise<BackupSummary>
  now: () => number
  /** @default nobody */
  onEvent?: ((event: CoreEvent) => void) | undefined
  log?: FastifyBaseLogger | undefined
  /** From 0 to 1. @default Math.random */
  random?: () => number
}

const DAY = 24 * 60 * 60 * 1000
/** A timer cannot wait for longer than 24 days, and a machine that slept is late: so the clock is looked at now and then. */
const LOOK_EVERY = 60_000
const RETRY_AFTER = 15 * 60_000
const SUFFIX = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.backup$/

/** Milliseconds between two looks. Were they an interval apart, what is due a moment after one would be an interval late. */
export function lookEvery (every: number): number {
  return Math.min(LOOK_EVERY, every / 10)
}

/** @throws CORE_OPTION_INVALID */
export function startSchedule ({ directory, every = DAY, keep = 7, key: first }: ScheduleOptions, { file, backup, now, onEvent = () => {}, log, random = Math.random }: Parts): Schedule {
  if (typeof directory !== 'string' || directory === '') throw new CORE_OPTION_INVALID('backups.directory', 'must be the path of a directory')
  if (!(Number.isFinite(every) && every >= 1000)) throw new CORE_OPTION_INVALID('backups.every', 'must be a number of milliseconds, at least 1000')
  if (!(Number.isInteger(keep) && keep >= 1)) throw new CORE_OPTION_INVALID('backups.keep', 'must be a whole number, at least 1')
  // A directory that is made would be on the disk of the system, and fill it.
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw new CORE_OPTION_INVALID('backups.directory', `(BACKUP_DIR) must be a directory that exists: ${directory} does not. Make it, or mount its volume`)
  readBackupKeys(first)
  if (file === ':memory:') throw new CORE_OPTION_INVALID('backups', 'need a file: what is in memory cannot be backed up')

  let key = first
  const prefix = `${basename(file)}-`
  let last = newest()
  let failure: BackupState['failure']
  let failures = 0
  let due = (last?.at.getTime() ?? 0) + jittered()
  let running: Promise<void> | undefined

  /** Up to a tenth later, so that many services on one disk or network do not begin in the same moment. */
  function jittered (): number {
    return every * (1 + random() / 10)
  }

  function own (): Array<{ at: Date, path: string }> {
    return namesIn(directory).filter((name) => name.startsWith(prefix)).flatMap((name) => {
      const [, ...parts] = SUFFIX.exec(name.slice(prefix.length)) ?? []
      const [year, month, day, hour, minute, second] = parts
      return parts.length === 0 ? [] : [{ at: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), path: join(directory, name) }]
    }).sort((one, other) => other.at.getTime() - one.at.getTime())
  }

  function newest (): BackupState['last'] {
    return own()[0]
  }

  /** Its own alone, and those that a process left unfinished when it was killed. */
  function prune (): void {
    for (const { path } of own().slice(keep)) rmSync(path)
    for (const name of namesIn(directory)) {
      if (name.startsWith(`.${prefix}`) && name.endsWith('.unfinished')) rmSync(join(directory, name))
    }
  }

  async function make (): Promise<void> {
    try {
      const path = join(directory, `${prefix}${stampOf(now())}.backup`)
      const summary = await backup(path, { key })
      last = { at: summary.createdAt, path }
      failure = undefined
      due = now() + jittered()
      log?.info({ path, users: summary.users }, 'a backup was made')
      onEvent({ type: 'backup-made', asked: 'schedule' })
      prune()
    } catch (error) {
      failures++
      failure = { at: new Date(now()), code: codeOf(error) }
      due = now() + Math.min(every, RETRY_AFTER)
      log?.error({ err: error, lastGood: last?.at }, 'the backup failed; it will be tried again')
      onEvent({ type: 'backup-failed', asked: 'schedule', code: failure.code })
    }
  }

  async function tick (): Promise<void> {
    if (running !== undefined || now() < due) return await running
    running = make().finally(() => { running = undefined })
    await running
  }

  const timer = setInterval(tick, lookEvery(every)).unref()
  return {
    state: () => ({ last, failure, failures, every }),
    tick,
    prepareKey (next) {
      readBackupKeys(next)
      return () => { key = next }
    },
    stop: () => clearInterval(timer)
  }
}

function namesIn (directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
