import { clearTimeout, setTimeout } from 'node:timers'
import { performance } from 'node:perf_hooks'
import type { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisClient } from '../limits/redis-credentials.js'
import { textOf } from '../members.js'
import { openRedis, REDIS_PATIENCE_MS } from '../redis.js'
import { formatEvent, parseEvent, type SessionRevoked } from './event.js'

const KEY = 'fastify-2fa:revocations'
/** As many as `journal.ts` keeps; Redis trims a little later. About 10 MB. */
const MOST = 50_000
/** Twice as long as access tokens live by default. */
const RETENTION_MS = 7_200_000
const RENEW_MS = 600_000
const BLOCK_MS = 2000
const RETRY_MS = 500
const LONGEST_PAUSE_MS = 10_000
/** Own events that wait for Redis, and those that are kept for one that comes back empty. */
const MOST_OWN = 10_000

const ADD = `
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return id`

/** A stream that is new begins with a mark, so that its first entry says from when on it is complete. */
const BEGIN = `
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('XADD', KEYS[1], '*', 'begin', '') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return { redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1], redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1] }`

interface Scripts {
  revocationAdd (key: string, event: string, retention: number, most: number): Promise<string>
  revocationBegin (key: string, retention: number): Promise<[first: string, last: string]>
}

async function connect (url: string, commandTimeout: number): Promise<Redis & Scripts> {
  const client = await openRedis(url, { neededBy: 'limits.redisUrl', commandTimeout, longestPause: RETRY_MS, autoResendUnfulfilledCommands: false })
  client.defineCommand('revocationAdd', { numberOfKeys: 1, lua: ADD })
  client.defineCommand('revocationBegin', { numberOfKeys: 1, lua: BEGIN })
  return client as Redis & Scripts
}

const send = (client: Scripts, event: string): Promise<string> => client.revocationAdd(KEY, event, RETENTION_MS, MOST)

/** Order of the ids of a stream: a time and a number, both too large to be compared as text. */
function compareIds (one: string, other: string): number {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one.split('-').map(Number), other.split('-').map(Number)]
  return a - c || b - d
}

/** A code, or the first word of a refusal such as `NOPERM`. The rest may quote the URL, and with it the password. */
function reasonOf (err: unknown): string {
  return textOf(err, 'code') ?? /^[A-Z]{2,}\b/.exec(textOf(err, 'message') ?? '')?.[0] ?? 'closed'
}

const timeOf = (id: string): number => Number(id.split('-')[0])

/** What a replica learns. */
export interface StreamHandlers {
  /** An event of any replica, this one included, in the order that all see. */
  onEvent (id: string, event: SessionRevoked): void
  /** The stream begins anew: events before `since`, in milliseconds since 1970, may be missing in it. */
  onBegin (begin: { since: number, start: string }): void
  /** Whether every replica is heard, and hears this one. */
  onState (isWhole: boolean): void
}

export interface RevocationStream {
  /** Its connections. */
  readonly clients: readonly RedisClient[]
  /** Tells all replicas, at the latest when Redis is back. */
  add (event: SessionRevoked): void
  close (): Promise<void>
}

/**
 * Joins the stream by which replicas tell each other which sessions have ended. A stream rather than Pub/Sub: a replica that
 * has lost its connection for a moment reads what it has missed.
 *
 * @param url of Redis
 * @throws AUTH_PACKAGE_MISSING
 */
export async function joinStream (url: string, { onEvent, onBegin, onState }: StreamHandlers, log: Pick<FastifyBaseLogger, 'info' | 'error'>): Promise<RevocationStream> {
  const writer = await connect(url, REDIS_PATIENCE_MS)
  // Of its own: a connection that waits for news does nothing else.
  const reader = await connect(url, BLOCK_MS + REDIS_PATIENCE_MS)
  let outbox: string[] = []
  const own: string[] = []
  let sending: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let reconnect: NodeJS.Timeout | undefined
  /** Of reading, one after another, on connections that work. */
  let failures = 0
  /** The newest entry that was read. */
  let cursor: string | undefined
  let reads = false
  let writes = false
  let told: boolean | undefined
  let closed = false

  /** At the start neither is known yet, which nobody needs to hear of unless it fails. */
  function tell (failure?: string): void {
    const isWhole = reads && writes
    if (closed || told === isWhole || (told === undefined && !isWhole && failure === undefined)) return
    if (!isWhole) log.error({ reason: failure }, 'the stream of sessions that end is cut: replicas do not hear of each other\'s until Redis takes it up again')
    if (isWhole && told === false) log.info('the stream of sessions that end is whole')
    told = isWhole
    onState(isWhole)
  }

  function lost (what: 'reads' | 'writes', err?: unknown): void {
    if (what === 'reads') reads = false
    else writes = false
    tell(reasonOf(err))
  }

  async function drain (): Promise<void> {
    try {
      for (let [text] = outbox; text !== undefined; [text] = outbox) {
        await send(writer, text)
        // Meanwhile it may have been filled anew, or have dropped it.
        if (outbox[0] === text) outbox.shift()
      }
      writes = true
      tell()
    } catch (err) {
      lost('writes', err)
      retry ??= setTimeout(() => {
        retry = undefined
        flush()
      }, RETRY_MS).unref()
    }
  }

  function flush (): void {
    if (closed || sending !== undefined) return
    sending = drain().finally(() => {
      sending = undefined
      // One may have come after the last look.
      if (outbox.length > 0 && writes) flush()
    })
  }

  /** Begins where this replica has stopped, if the stream goes on from there. */
  async function begin (): Promise<string> {
    const [first, last] = await reader.revocationBegin(KEY, RETENTION_MS)
    if (cursor !== undefined && compareIds(first, cursor) <= 0 && compareIds(cursor, last) <= 0) return last
    // A Redis that has forgotten everything learns it again: each replica knows what ended in it.
    if (cursor !== undefined) outbox = [...new Set([...own, ...outbox])]
    cursor = '0'
    onBegin({ since: timeOf(first), start: `${first}-begin` })
    flush()
    return last
  }

  async function follow (): Promise<void> {
    const target = await begin()
    let renewed = performance.now()
    for (;;) {
      const answer = await reader.xread('COUNT', 500, 'BLOCK', BLOCK_MS, 'STREAMS', KEY, cursor!)
      if (closed) return
      for (const [id, fields] of answer?.[0]?.[1] ?? []) {
        cursor = id
        const event = fields[0] === 'event' ? parseEvent(fields[1] ?? '') : undefined
        if (event !== undefined) onEvent(id, event)
      }
      failures = 0
      reads ||= compareIds(cursor!, target) >= 0
      tell()
      if (performance.now() - renewed < RENEW_MS) continue
      renewed = performance.now()
      await reader.pexpire(KEY, RETENTION_MS)
    }
  }

  reader.on('ready', () => {
    follow().catch((err: unknown) => {
      lost('reads', err)
      if (closed || reader.status !== 'ready') return
      // It may hang, or refuse what it is asked for: the next connection begins anew, and does so ever later.
      reconnect = setTimeout(() => { reader.disconnect(true) }, Math.min(RETRY_MS * 2 ** failures++, LONGEST_PAUSE_MS)).unref()
    })
  })
  // Each failure is a state, which is told once.
  for (const [client, what] of [[reader, 'reads'], [writer, 'writes']] as const) client.on('error', (err) => { lost(what, err) }).on('close', () => { lost(what) })
  writer.on('ready', flush)

  return {
    clients: [writer, reader],
    add (event) {
      const text = formatEvent(event)
      for (const list of [own, outbox]) {
        list.push(text)
        if (list.length > MOST_OWN) list.shift()
      }
      flush()
    },

    async close () {
      // What has just ended here goes out with the process.
      await Promise.race([sending, new Promise((resolve) => setTimeout(resolve, REDIS_PATIENCE_MS).unref())])
      closed = true
      clearTimeout(retry)
      clearTimeout(reconnect)
      reader.disconnect()
      writer.disconnect()
    }
  }
}

/** Tells all replicas once, for a command that ends right after. @throws when Redis does not take it */
export async function tellReplicas (url: string, events: readonly SessionRevoked[]): Promise<void> {
  const client = await connect(url, REDIS_PATIENCE_MS)
  try {
    await new Promise<void>((resolve, reject) => { client.once('ready', resolve).once('error', reject) })
    for (const event of events) await send(client, formatEvent(event))
  } finally {
    client.disconnect()
  }
}
