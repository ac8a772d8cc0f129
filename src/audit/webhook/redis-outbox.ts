import { randomUUID } from 'node:crypto'
import { clearInterval, setInterval } from 'node:timers'
import type { FastifyBaseLogger } from 'fastify'
import { textOf } from '../../members.js'
import type { AuditEvent } from '../event.js'
import { RANKS, typeOf } from '../event-types.js'
import { NoRoom } from '../sinks/sink.js'
import { uuidV7 } from '../uuid-v7.js'
import { DROPPED_AT_ONCE, type Entry, type Outbox } from './outbox.js'
import { connect } from './redis-scripts.js'

// In braces, so that a cluster keeps all of them in one place.
const PREFIX = '{fastify-2fa:audit}:'
const STREAMS = RANKS.map((rank) => PREFIX + rank)
const REFUSED = `${PREFIX}refused`
const COUNTERS = `${PREFIX}counters`
const LEASE = `${PREFIX}lease`

/** One replica delivers, so that the order is kept. If it dies, another one goes on after this. */
const LEASE_MS = 15_000
const RENEW_MS = 5000
const POLL_MS = 1000
/** Of those that the receiver refuses, the newest. */
const MOST_REFUSED = 10_000

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
    clients: [client],
    poll: POLL_MS,
    async add (event) {
      const now = Date.now()
      const rank = RANKS.indexOf(typeOf(event.type).rank) + 1
      try {
        await client.auditAdd(...keys, String(rank), JSON.stringify(event), String(most), String(DROPPED_AT_ONCE), new Date(now).toISOString(), uuidV7(now))
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
    figures: () => ({ ...figures, isConnected: client.status === 'ready' }),
    onAdded (listener) { listeners.push(listener) },
    async close () {
      clearInterval(renewal)
      if (isDeliverer) await client.auditEndLease(LEASE, self).catch(() => {})
      client.disconnect()
    }
  }
}
