import { clearTimeout, setTimeout } from 'node:timers'
import type { FastifyBaseLogger } from 'fastify'
import type { AuditEvent } from '../event.js'
import type { AuditWebhookOptions } from '../options.js'
import type { SinkFigures } from '../sinks/sink.js'
import type { Entry, Outbox } from './outbox.js'
import { createPost } from './post.js'
import { SYSTEM_CLOCK, type Clock } from '../../system-clock.js'

const BATCH = 64
const LANES = 8
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 300_000
/** A receiver that cannot read an event today may have been repaired tomorrow: it is set aside, not thrown away. */
const TRIES_OF_REFUSED = 5

interface DeliveryOptions extends Pick<AuditWebhookOptions, 'url' | 'secrets'> {
  timeout: number
  outbox: Outbox
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** @default the global one */
  fetch?: typeof globalThis.fetch
  clock?: Clock
}

/** Events of one person stay in their order; others need not wait for them. */
const subjectOf = ({ userId, address, type }: AuditEvent): string => userId ?? address ?? type

/** The entries by whom they are about, each list in its order. */
function bySubject (entries: readonly Entry[]): Entry[][] {
  const lists = new Map<string, Entry[]>()
  for (const entry of entries) {
    const subject = subjectOf(entry.event)
    lists.set(subject, [...lists.get(subject) ?? [], entry])
  }
  return [...lists.values()]
}

/** Delivers what is in an outbox to a webhook, each event until the receiver has answered 2xx. */
export function createDelivery ({ url, secrets: first, timeout, outbox, log, fetch = globalThis.fetch, clock = SYSTEM_CLOCK }: DeliveryOptions) {
  const tries = new Map<string, number>()
  const stopped = new AbortController()
  let secrets: readonly string[] = first
  const post = createPost({ url, secrets: () => secrets, timeout, fetch, now: clock.now, stop: stopped.signal })
  let working: Promise<void> | undefined
  let isAsked = false
  /** In a row. */
  let failures = 0
  let failed = 0
  let isGone = false
  let isClosed = false
  let cancelPause: (() => void) | undefined

  /** What the receiver refuses is tried some times, then others of its subject go on without it. */
  async function refused (entry: Entry): Promise<boolean> {
    const { id, type } = entry.event
    const count = (tries.get(id) ?? 0) + 1
    tries.set(id, count)
    if (count < TRIES_OF_REFUSED) return false
    tries.delete(id)
    await outbox.setAside(entry)
    log.error({ id, type }, 'the audit webhook refuses an event; it is set aside until a restart')
    return true
  }

  /** @returns how long to wait, if there was a failure: 0 for as long as the number of failures says */
  async function deliverBatch (entries: Entry[]): Promise<number | undefined> {
    const lists = bySubject(entries)
    let pause: number | undefined
    let isDown = false
    const wait = (milliseconds = 0): void => { pause = Math.max(pause ?? 0, milliseconds) }

    async function deliverList (list: Entry[]): Promise<void> {
      for (const entry of list) {
        if (isDown || isGone || isClosed) return
        const outcome = await post(entry.event)
        if (outcome.kind !== 'delivered' && !isClosed) failed++
        if (outcome.kind === 'delivered') {
          tries.delete(entry.event.id)
          await outbox.remove(entry)
          if (failures > 0) log.info('the audit webhook takes events again')
          failures = 0
        } else if (outcome.kind === 'gone') {
          isGone = true
          log.error('the audit webhook answers 410: nothing is sent any more. Events wait in the outbox; a restart tries again')
        } else if (outcome.kind === 'failed') {
          isDown = true
          wait(outcome.retryAfter)
        } else if (!await refused(entry)) {
          wait()
          return
        }
      }
    }

    async function lane (): Promise<void> {
      for (let list = lists.shift(); list !== undefined; list = lists.shift()) await deliverList(list)
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    return pause
  }

  function later (milliseconds: number): void {
    cancelPause?.()
    cancelPause = clock.after(milliseconds, () => {
      cancelPause = undefined
      work()
    })
  }

  /** How long to wait after a failure. */
  function backoff (retryAfter: number): number {
    if (failures === 0) log.warn('the audit webhook does not take events; they wait in the outbox')
    // With jitter, so that replicas do not all come back at the same moment.
    return Math.max(Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2), retryAfter)
  }

  /** @returns when to look again, if not with the next event */
  async function deliverAll (): Promise<number | undefined> {
    for (;;) {
      if (isGone || isClosed) return undefined
      isAsked = false
      const entries = await outbox.oldest(BATCH)
      if (entries.length === 0) return outbox.poll
      const retryAfter = await deliverBatch(entries)
      if (retryAfter !== undefined) return backoff(retryAfter)
    }
  }

  async function run (): Promise<void> {
    const pause = await deliverAll().catch((err: unknown) => {
      log.warn({ err }, 'the audit outbox cannot be read')
      return backoff(0)
    })
    working = undefined
    if (isClosed || isGone) return
    if (isAsked && failures === 0) work()
    else if (pause !== undefined) later(pause)
  }

  function work (): void {
    isAsked = true
    if (working === undefined && !isGone && !isClosed) working = run()
  }

  /** Resolves when nothing is on its way. */
  async function idle (): Promise<void> {
    await working
    if (working !== undefined) await idle()
  }

  outbox.onAdded(() => {
    // While the receiver is down, the pause decides when it is asked again.
    if (failures === 0) work()
  })
  work()

  return {
    /** Signs with other secrets from the next attempt on. */
    useSecrets (next: readonly string[]): void { secrets = next },
    figures (): SinkFigures {
      return { ...outbox.figures(), failed, isFailing: failures > 0 || isGone }
    },
    /** Delivers what it can until then. The rest stays in the outbox. */
    async close (milliseconds: number): Promise<void> {
      if (failures === 0) work()
      let timer: NodeJS.Timeout | undefined
      await Promise.race([idle(), new Promise<void>((resolve) => { timer = setTimeout(resolve, milliseconds) })])
      clearTimeout(timer)
      isClosed = true
      cancelPause?.()
      stopped.abort()
      await idle()
      await outbox.close()
    }
  }
}
