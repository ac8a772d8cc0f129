import { randomUUID } from 'node:crypto'
import { clearInterval, setInterval } from 'node:timers'
import type { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import { orInstall } from '../../optional-package.js'
import { textOf } from '../../members.js'
import type { AuditEvent } from '../event.js'
import { EVENT_TYPES, RANKS, typeOf } from '../event-types.js'
import { NoRoom } from '../sinks/sink.js'
import { uuidV7 } from '../uuid-v7.js'
import { DROPPED_AT_ONCE, type Entry, type Outbox } from './outbox.js'

// In braces, so that a cluster keeps all of them in one place.
const PREFIX = '{fastify-2fa:audit}:'
const STREAMS = RANKS.map((rank) => PREFIX + rank)
const REFUSED = `${PREFIX}refused`
const COUNTERS = `${PREFIX}counters`
const LEASE = `${PREFIX}lease`

/** A person is waiting for the answer. */
const PATIENCE_MS = 2000
/** One replica delivers, so that the order is kept. If it dies, another one goes on after this. */
const LEASE_MS = 15_000
const RENEW_MS = 5000
const POLL_MS = 1000
/** Of those that the receiver refuses, the newest. */
const MOST_REFUSED = 10_000

/**
 * Adds an event with a number that counts over all streams. Where there is no room, the oldest of the lowest rank go, and events
 * that count them by type take their place, all at once: replicas do this at the same moment.
 *
 * KEYS: the streams by rank, refused, counters. ARGV: rank, event, most, how many to drop, now, ids for what stands for them
 */
const ADD = `
local function append(stream, event)
  return redis.call('XADD', stream, redis.call('HINCRBY', KEYS[5], 'last', 1) .. '-0', 'event', event)
end
local total, lowest = 0, nil
for i = 1, 3 do
  local length = redis.call('XLEN', KEYS[i])
  total = total + length
  if length > 0 and not lowest then lowest = i end
end
local rank = tonumber(ARGV[1])
if total >= tonumber(ARGV[3]) then
  if lowest > rank or (lowest == 3 and rank == 3) then return redis.error_reply('NOROOM') end
  local byType, types, dropped = {}, {}, 0
  for _, entry in ipairs(redis.call('XRANGE', KEYS[lowest], '-', '+', 'COUNT', ARGV[4])) do
    local event = cjson.decode(entry[2][2])
    local kind, first, last = event.dropped or event.type, event.since or event.time, event['until'] or event.time
    local sum = byType[kind]
    if not sum then
      sum = { count = 0, since = first, ['until'] = last }
      byType[kind] = sum
      types[#types + 1] = kind
    end
    sum.count = sum.count + (event.count or 1)
    if first < sum.since then sum.since = first end
    if last > sum['until'] then sum['until'] = last end
    redis.call('XDEL', KEYS[lowest], entry[1])
    dropped = dropped + 1
  end
  for i, kind in ipairs(types) do
    local sum = byType[kind]
    append(KEYS[math.min(lowest + 1, 3)], cjson.encode({ id = ARGV[5 + i], type = 'audit.dropped', time = ARGV[5], dropped = kind, count = sum.count, since = sum.since, ['until'] = sum['until'] }))
  end
  redis.call('HINCRBY', KEYS[5], 'dropped', dropped)
end
return append(KEYS[rank], ARGV[2])`

const SET_ASIDE = `
for i = 1, 3 do
  if redis.call('XDEL', KEYS[i], ARGV[1]) == 1 then
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'rank', i, 'event', ARGV[2])
    return 1
  end
end
return 0`

/** What was refused before is tried again. */
const TRY_AGAIN = `
for _, entry in ipairs(redis.call('XRANGE', KEYS[4], '-', '+')) do
  redis.call('XADD', KEYS[tonumber(entry[2][2])], redis.call('HINCRBY', KEYS[5], 'last', 1) .. '-0', 'event', entry[2][4])
end
return redis.call('DEL', KEYS[4])`

const TAKE_LEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`

const END_LEASE = 'if redis.call(\'GET\', KEYS[1]) == ARGV[1] then return redis.call(\'DEL\', KEYS[1]) end return 0'

interface Scripts {
  auditAdd (...args: string[]): Promise<string>
  auditSetAside (...args: string[]): Promise<number>
  auditTryAgain (...args: string[]): Promise<number>
  auditTakeLease (...args: string[]): Promise<number>
  auditEndLease (...args: string[]): Promise<number>
}

async function connect (url: string): Promise<Redis & Scripts> {
  const { Redis } = await import('ioredis').catch(orInstall('ioredis', 'audit.webhook.outbox.redisUrl'))
  const client = new Redis(url, {
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 1000),
    // Sent by a former primary that has just become a replica.
    reconnectOnError: ({ message }) => message.startsWith('READONLY')
  })
  client.defineCommand('auditAdd', { numberOfKeys: 5, lua: ADD })
  client.defineCommand('auditSetAside', { numberOfKeys: 5, lua: SET_ASIDE })
  client.defineCommand('auditTryAgain', { numberOfKeys: 5, lua: TRY_AGAIN })
  client.defineCommand('auditTakeLease', { numberOfKeys: 1, lua: TAKE_LEASE })
  client.defineCommand('auditEndLease', { numberOfKeys: 1, lua: END_LEASE })
  return client as Redis & Scripts
}

const numberOf = (id: string): number => Number(id.split('-')[0])

/** An outbox in the Redis that replicas share, for those without a disk. One of them at a time delivers. */
export async function openRedisOutbox (url: string, most: number, log: Pick<FastifyBaseLogger, 'error' | 'info'>): Promise<Outbox> {
  const client = await connect(url)
  const keys = [...STREAMS, REFUSED, COUNTERS]
  const self = randomUUID()
  const listeners: Array<() => void> = []
  let figures = { waiting: 0, refused: 0, dropped: 0, oldest: undefined as number | undefined }
  let isDeliverer = false
  let isUp = true

  // The code only: the message may quote the URL, and with it the password.
  client.on('error', (err) => {
    if (isUp) log.error({ code: textOf(err, 'code') }, 'the Redis of the audit outbox does not answer')
    isUp = false
  })
  const tell = (): void => { for (const listener of listeners) listener() }
  client.on('ready', () => {
    if (!isUp) log.info('the Redis of the audit outbox answers again')
    isUp = true
    tell()
  })

  const renewal = setInterval(() => {
    if (isDeliverer) client.auditTakeLease(LEASE, self, String(LEASE_MS)).then((taken) => { isDeliverer = taken === 1 }, () => {})
  }, RENEW_MS).unref()

  async function look (): Promise<void> {
    const [lengths, refused, dropped] = await Promise.all([Promise.all(STREAMS.map((stream) => client.xlen(stream))), client.xlen(REFUSED), client.hget(COUNTERS, 'dropped')])
    figures = { ...figures, waiting: lengths.reduce((sum, length) => sum + length, 0), refused, dropped: Number(dropped ?? 0) }
  }

  return {
    poll: POLL_MS,
    async add (event) {
      const now = Date.now()
      const ids = Object.keys(EVENT_TYPES).map(() => uuidV7(now))
      const rank = RANKS.indexOf(typeOf(event.type).rank) + 1
      try {
        await client.auditAdd(...keys, String(rank), JSON.stringify(event), String(most), String(DROPPED_AT_ONCE), new Date(now).toISOString(), ...ids)
      } catch (err) {
        throw (err as Error).message.includes('NOROOM') ? new NoRoom('the outbox is full of events of a higher rank') : err
      }
      tell()
    },
    async oldest (count) {
      if (client.status !== 'ready') return []
      const wasDeliverer = isDeliverer
      isDeliverer = await client.auditTakeLease(LEASE, self, String(LEASE_MS)) === 1
      if (isDeliverer && !wasDeliverer) await client.auditTryAgain(...keys)
      await look()
      if (!isDeliverer) return []
      const found = await Promise.all(STREAMS.map((stream) => client.xrange(stream, '-', '+', 'COUNT', count)))
      const entries = found.flat().sort(([one], [other]) => numberOf(one) - numberOf(other)).slice(0, count)
        .map(([key, [, event = '']]) => ({ key, event: JSON.parse(event) as AuditEvent }))
      figures.oldest = entries[0] === undefined ? undefined : Date.parse(entries[0].event.time)
      return entries
    },
    async remove ({ key }: Entry) {
      // Numbers are unique over all streams.
      await Promise.all(STREAMS.map((stream) => client.xdel(stream, key)))
    },
    async setAside ({ key, event }: Entry) {
      await client.auditSetAside(...keys, key, JSON.stringify(event), String(MOST_REFUSED))
    },
    figures: () => figures,
    onAdded (listener) { listeners.push(listener) },
    async close () {
      clearInterval(renewal)
      if (isDeliverer) await client.auditEndLease(LEASE, self).catch(() => {})
      client.disconnect()
    }
  }
}
