import { getHeapStatistics } from 'node:v8'
import fastifyUnderPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Overloaded } from '../src/errors.js'
import { PAUSE_SECONDS } from '../src/outage/circuit.js'

export interface UnderPressureOptions {
  /** Milliseconds that the event loop may be late, on average over a second; 0 for no limit. @default 1000 */
  maxEventLoopDelay?: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route does under pressure, instead of answering 503; one that returns nothing lets the request through. */
    pressureHandler?: (request: FastifyRequest, reply: FastifyReply, type: string, value: number | undefined) => Promise<void> | void
  }
}

/** Beyond it the process would soon be ended by V8, with everything that it is working on. */
const HEAP_SHARE = 0.9

/** A process that starts is busy with itself. The two measurements that this is in, a second each, are nobody's overload. */
const STARTING_MS = 2000

/** Overload is answered 503 before anything is read or asked, while there is still time to answer. */
async function underPressure (app: FastifyInstance, { maxEventLoopDelay = 1000 }: UnderPressureOptions): Promise<void> {
  let readyAt = Infinity
  app.addHook('onReady', async () => { readyAt = performance.now() })
  await app.register(fastifyUnderPressure, {
    maxEventLoopDelay,
    maxHeapUsedBytes: Math.floor(getHeapStatistics().heap_size_limit * HEAP_SHARE),
    async pressureHandler (_request, reply) {
      if (performance.now() - readyAt < STARTING_MS) return
      reply.header('retry-after', PAUSE_SECONDS)
      throw new Overloaded()
    }
  })
}

export default fp(underPressure, { name: 'fastify-2fa/under-pressure', fastify: '5.x' })
