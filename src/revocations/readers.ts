import { clearInterval, setInterval } from 'node:timers'
import type { ServerResponse } from 'node:http'
import { ReadersFull } from '../errors.js'
import type { Revocations } from './bus.js'
import { HEARTBEAT_MS, writeEvents, type EventStream } from './event-stream.js'

interface ReadersOptions {
  revocations: Revocations
  /** Open streams in all. */
  most: number
  /** @default 15 s */
  heartbeatMs?: number
}

/** Ids are a stream's or this process's: anything longer is neither. */
const LONGEST_ID = 64

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would keep events until it has a page of them.
  'x-accel-buffering': 'no'
}

/**
 * The open streams of this process. Each takes a socket for as long as it likes, so there is a ceiling, and a single client
 * that opens one after another gets no more than half of it.
 */
export function createReaders ({ revocations, most, heartbeatMs = HEARTBEAT_MS }: ReadersOptions) {
  const streams = new Map<EventStream, string>()
  const ofClient = (client: string): number => [...streams.values()].filter((one) => one === client).length
  let isClosed = false
  const heart = setInterval(() => { for (const stream of streams.keys()) stream.heartbeat() }, heartbeatMs).unref()

  return {
    /** @throws AUTH_READERS_FULL */
    admit (client: string): void {
      if (isClosed || streams.size >= most || ofClient(client) >= Math.ceil(most / 2)) throw new ReadersFull()
    },

    /** Writes events to an answer until one side ends it. */
    open (client: string, response: ServerResponse, lastEventId: string | undefined): void {
      // Whoever has hung up meanwhile, as while a hook of the host took its time, is not heard of again, and would keep its
      // place for ever.
      const { socket } = response
      if (socket === null || socket === undefined || socket.destroyed) return
      // A silent socket is no idle one. Whether it is read, heartbeats tell.
      socket.setTimeout(0)
      response.writeHead(200, HEADERS)
      response.flushHeaders()
      const stream = writeEvents(response, revocations, lastEventId !== undefined && lastEventId.length <= LONGEST_ID ? lastEventId : undefined)
      streams.set(stream, client)
      response.once('close', () => { streams.delete(stream) })
    },

    get size (): number { return streams.size },

    /** Ends all streams. Whoever still may comes back, and gets what it missed. */
    drop (): void {
      for (const stream of streams.keys()) stream.close()
    },

    close (): void {
      isClosed = true
      clearInterval(heart)
      for (const stream of streams.keys()) stream.close()
    }
  }
}

export type Readers = ReturnType<typeof createReaders>
